package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
)

// oneToken is gather_qmm_combine of one token: a chunk is a tile of output
// columns, summed over the experts without leaving the core.
type oneToken struct {
	k       *kernel
	q       *simd.QDot
	mat     matrix
	x       *prepared
	rhs     []uint32
	n       int
	experts int
	weights unsafe.Pointer
	out     unsafe.Pointer
	tile    int
	work    []oneTokenWorker
}

// A piece of work is at most so many columns, for so many experts at a time.
const (
	pieceCols    = 256
	pieceExperts = 16
)

type oneTokenWorker struct {
	*simd.Worker
	jobs [pieceExperts]simd.Job
	y    []float32 // [pieceExperts, pieceCols]
	acc  []float32 // [pieceCols]
	_    [64]byte
}

func (b *binder) oneToken(h unsafe.Pointer, mat matrix, rhs []uint32, top, n, k, experts int) task {
	t := &oneToken{
		k: b.k, q: b.qdot(simd.Whole, k), mat: mat, rhs: rhs, n: n, experts: experts,
		weights: b.elems(5, "weights", 1, top), out: b.outElems(6, "out", 1, n),
		work: make([]oneTokenWorker, b.dev.pool.threads),
	}
	if b.err != nil {
		return nil
	}
	t.x = b.prepare(t.q, h, top)
	t.tile = min(tileRows(t.q, n), 16)
	for i, w := range b.workers(t.q) {
		t.work[i].Worker = w
		t.work[i].y, t.work[i].acc = b.floats(pieceExperts, pieceCols), b.floats(pieceCols)
	}
	return t
}

func (t *oneToken) run(p *pool) error {
	for i, e := range t.rhs {
		if int(e) >= t.experts {
			return t.k.fault("rhs[%d] is expert %d, but there are %d experts", i, e, t.experts)
		}
	}
	if err := t.x.run(p); err != nil {
		return err
	}
	return p.do(t, (t.n+t.tile-1)/t.tile)
}

func (t *oneToken) chunks(worker, from, to int) {
	end := min(to*t.tile, t.n)
	for n0 := from * t.tile; n0 < end; n0 += pieceCols {
		t.piece(&t.work[worker], n0, min(n0+pieceCols, end))
	}
}

// piece computes output columns n0 … n1-1.
func (t *oneToken) piece(w *oneTokenWorker, n0, n1 int) {
	rows := n1 - n0
	acc := w.acc[:rows]
	clear(acc)
	for first := 0; first < len(t.rhs); first += pieceExperts {
		experts := t.rhs[first:min(first+pieceExperts, len(t.rhs))]
		for j, e := range experts {
			job := &w.jobs[j]
			job.Tile = t.mat.tile(t.q, int(e), n0)
			job.Rows, job.Ld, job.NX = rows, rows, 1
			job.X[0] = t.x.row(first + j)
			job.Out = &w.y[j*rows]
		}
		t.q.Run(w.jobs[:len(experts)], t.next(n1, first), w.Worker)
		for j := range experts {
			y := w.y[j*rows : (j+1)*rows]
			if t.k.mode == modeExact {
				simd.Round(y, t.k.t)
			}
			t.k.mode.accumulate(acc, y, simd.Load1(t.weights, first+j, t.k.t), t.k.t)
		}
	}
	simd.Store(unsafe.Add(t.out, n0*t.k.t.Size()), acc, t.k.t)
}

// next is the tile read after the experts from first on: further experts are
// not foreseen, but the first one's following columns are.
func (t *oneToken) next(n1, first int) simd.Tile {
	if n1 >= t.n || first+pieceExperts < len(t.rhs) {
		return simd.Tile{}
	}
	return t.mat.tile(t.q, int(t.rhs[0]), n1)
}
