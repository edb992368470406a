package cpu

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/quant"
)

// matrix is quantized weights [experts, n, k] in device memory.
type matrix struct {
	codes, scales, biases    unsafe.Pointer
	expertCodes, expertScale int // bytes of one expert
}

// matrix binds weights of n rows of k for each expert.
func (b *binder) matrix(name string, n, k int) matrix {
	f := b.Format
	m := matrix{expertCodes: mul(n, f.PlaneBytes(quant.Codes, k)), expertScale: mul(n, f.PlaneBytes(quant.Scales, k))}
	m.codes, _ = b.plane(name, quant.Codes)
	m.scales, _ = b.plane(name, quant.Scales)
	if slices.Contains(f.Planes(), quant.Biases) {
		m.biases, _ = b.plane(name, quant.Biases)
	}
	return m
}

// tile is where row n0 of an expert begins.
func (m *matrix) tile(q *simd.QDot, expert, n0 int) simd.Tile {
	scale := expert*m.expertScale + n0*q.ScaleBytes()
	t := simd.Tile{
		Codes:  unsafe.Add(m.codes, expert*m.expertCodes+n0*q.RowBytes()),
		Scales: unsafe.Add(m.scales, scale),
	}
	if m.biases != nil {
		t.Biases = unsafe.Add(m.biases, scale)
	}
	return t
}

// tables are what codes and scales of the modes of minifloats stand for.
var tables = sync.OnceValue(func() map[quant.Mode]*simd.Table {
	list := map[quant.Mode]*simd.Table{}
	for _, mode := range quant.Modes() {
		if code, scale := mode.Minifloats(); code != nil {
			list[mode] = simd.NewTable(code.Values(), scale.Values())
		}
	}
	return list
})

func (b *binder) qdot(part simd.Part, k int) *simd.QDot {
	if table := tables()[b.Format.Mode]; table != nil {
		q := simd.NewTabled(b.dev.tier, table, b.Format.Bits, b.Format.Group, k, b.k.t)
		return &q
	}
	q := simd.NewQDot(b.dev.tier, part, b.Format.Bits, b.Format.Group, k, b.k.t)
	return &q
}

// workers makes what each thread needs for q's jobs.
func (b *binder) workers(q *simd.QDot) []*simd.Worker {
	w := make([]*simd.Worker, b.dev.pool.threads)
	for i := range w {
		w[i] = simd.NewWorker(b.floats(q.WorkerFloats()))
	}
	return w
}

// tileRows is how many weight rows make a chunk, the least that a thread takes.
func tileRows(q *simd.QDot, n int) int {
	const bytes = 16 << 10
	return min(n, max(8, bytes/max(1, q.RowBytes())&^7))
}

// prepared is activations in the order the weights are unpacked in.
type prepared struct {
	q         *simd.QDot
	src, dst  unsafe.Pointer
	rows      int
	chunkRows int
	srcStride int
	dstStride int
	work      []*simd.Worker
}

// prepare plans the preparation of rows × q.K activations at src.
func (b *binder) prepare(q *simd.QDot, src unsafe.Pointer, rows int) *prepared {
	return &prepared{
		q: q, src: src, rows: rows, chunkRows: max(1, 8192/max(1, q.K)),
		srcStride: q.K * b.k.t.Size(), dstStride: q.XBytes,
		dst: b.scratch(rows, q.XBytes), work: b.workers(q),
	}
}

func (x *prepared) run(p *pool) error {
	return p.do(x, (x.rows+x.chunkRows-1)/x.chunkRows)
}

func (x *prepared) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		x.chunk(worker, i)
	}
}

func (x *prepared) chunk(worker, i int) {
	for r := i * x.chunkRows; r < min((i+1)*x.chunkRows, x.rows); r++ {
		x.q.Prepare(x.row(r), unsafe.Add(x.src, r*x.srcStride), x.work[worker])
	}
}

func (x *prepared) row(r int) unsafe.Pointer { return unsafe.Add(x.dst, r*x.dstStride) }
