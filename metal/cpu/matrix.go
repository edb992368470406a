package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
)

// matrix is quantized weights [experts, n, k] in device memory.
type matrix struct {
	codes, scales, biases    unsafe.Pointer
	expertCodes, expertScale int // bytes of one expert
}

// matrix binds arguments i, i+1, i+2: packed codes, scales and biases.
func (b *binder) matrix(i int, name string, experts, n, k int) matrix {
	if b.err == nil && (k == 0 || k%b.k.group != 0) {
		b.fail("K %d is not a multiple of the group size %d", k, b.k.group)
	}
	if b.err != nil {
		return matrix{}
	}
	words, groups := k/32*b.k.bits, k/b.k.group
	return matrix{
		codes:       b.in(i, name+"w", 4, mul(experts, n, words)),
		scales:      b.elems(i+1, name+"scales", experts, n, groups),
		biases:      b.elems(i+2, name+"biases", experts, n, groups),
		expertCodes: mul(n, words, 4),
		expertScale: mul(n, groups, b.k.t.Size()),
	}
}

// tile is where row n0 of an expert begins.
func (m *matrix) tile(q *simd.QDot, expert, n0 int) simd.Tile {
	scale := expert*m.expertScale + n0*q.ScaleBytes()
	return simd.Tile{
		Codes:  unsafe.Add(m.codes, expert*m.expertCodes+n0*q.RowBytes()),
		Scales: unsafe.Add(m.scales, scale),
		Biases: unsafe.Add(m.biases, scale),
	}
}

func (b *binder) qdot(part simd.Part, k int) *simd.QDot {
	if b.err != nil {
		return &simd.QDot{}
	}
	q := simd.NewQDot(b.dev.tier, part, b.k.bits, b.k.group, k, b.k.t)
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
