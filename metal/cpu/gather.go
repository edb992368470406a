package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

// gather multiplies rows of activations by the weights of the expert that each
// index pair names: gather_qmm with one matrix, gather_qmm_swiglu with two,
// and quantized_matmul with a single expert. A chunk is a tile of weight rows
// of one expert, for all of its items.
type gather struct {
	k     *kernel
	q     *simd.QDot
	mats  []matrix
	n     int
	x     *prepared
	group *grouping
	y     unsafe.Pointer
	yType dtype.DType
	tile  int // weight rows of one chunk
	tiles int
	most  int // weight rows of one job
	work  []gatherWorker
}

// gatherWorker is what one thread needs to run chunks.
type gatherWorker struct {
	*simd.Worker
	jobs [2]simd.Job
	acc  [2][]float32 // results of a job, by matrix
	_    [64]byte
}

// mostRows bounds the weight rows of one job, and with it the results that
// wait to be stored.
const mostRows = 1024

// passRows is about how many weight rows a job has when more than one pass over
// them may be needed: few enough for the second to find them in the cache.
const passRows = 64

func bindMatmul(b *binder) task {
	p := params[kernels.MatmulParams](b)
	m, n, k := int(p.M), int(p.N), int(p.K)
	g := b.gather([]matrix{b.matrix("w", n, k)}, n, k)
	g.x = b.prepare(g.q, b.at("x"), m)
	g.y = b.at("y")
	if b.err != nil {
		return nil
	}
	g.group = newGrouping(nil, make([]uint32, 1), m, 1, 1)
	return g
}

func bindGather(b *binder) task       { return b.pairs("w") }
func bindGatherSwiglu(b *binder) task { return b.pairs("gate", "up") }

// pairs binds gather_qmm and gather_qmm_swiglu.
func (b *binder) pairs(names ...string) task {
	p := params[kernels.GatherParams](b)
	m, n, k := int(p.M), int(p.N), int(p.K)
	mats := make([]matrix, len(names))
	for i, name := range names {
		mats[i] = b.matrix(name, n, k)
	}
	g := b.gather(mats, n, k)
	g.x, g.y = b.prepare(g.q, b.at("x"), mul(int(p.Rows), m)), b.at("y")
	if b.err != nil {
		return nil
	}
	g.group = newGrouping(b.indices("lhs"), b.indices("rhs"), m, int(p.Experts), int(p.Rows))
	return g
}

// gather plans everything but the activations, the grouping and y.
func (b *binder) gather(mats []matrix, n, k int) *gather {
	g := &gather{k: b.k, q: b.qdot(simd.Whole, k), mats: mats, n: n, yType: b.k.t}
	if b.err != nil {
		return g
	}
	g.tile = tileRows(g.q, n)
	g.tiles = (n + g.tile - 1) / g.tile
	g.most = min(n, max(1, mostRows/g.tile)*g.tile)
	g.work = make([]gatherWorker, b.dev.pool.threads)
	for i, w := range b.workers(g.q) {
		g.work[i].Worker = w
		for j := range mats {
			g.work[i].acc[j] = b.floats(simd.MaxX, g.most)
		}
	}
	return g
}

func (g *gather) run(p *pool) error {
	if err := g.k.badPair(g.group, g.group.sort(g.group.rhs)); err != nil {
		return err
	}
	if err := g.x.run(p); err != nil {
		return err
	}
	return p.do(g, len(g.group.segments)*g.tiles)
}

// badPair is the error for index pair p, nil when p is negative.
func (k *kernel) badPair(g *grouping, p int) error {
	switch {
	case p < 0:
		return nil
	case int(g.rhs[p]) >= g.experts:
		return k.fault("rhs[%d] is expert %d, but there are %d experts", p, g.rhs[p], g.experts)
	}
	return k.fault("lhs[%d] is row %d, but there are %d rows", p, g.lhs[p], g.nrows)
}

// chunks joins tiles of one expert into pieces: all of them for few items, each
// alone for many, to find the weights in the cache for the later ones.
func (g *gather) chunks(worker, from, to int) {
	for i := from; i < to; {
		seg := &g.group.segments[i/g.tiles]
		first := i % g.tiles
		n := min(to-i, g.tiles-first, g.most/g.tile)
		if items := seg.end - seg.start; items > 2 {
			n = min(n, passRows/g.tile+1)
		}
		i += n
		g.piece(&g.work[worker], seg, first*g.tile, min((first+n)*g.tile, g.n), i)
	}
}

// piece multiplies weight rows n0 … n1-1 of one expert with all of its items;
// after is the chunk that follows.
func (g *gather) piece(w *gatherWorker, seg *segment, n0, n1, after int) {
	rows := n1 - n0
	for it := seg.start; it < seg.end; it += simd.MaxX {
		items := g.group.items[it:min(it+simd.MaxX, seg.end)]
		for j := range g.mats {
			job := &w.jobs[j]
			job.Tile = g.mats[j].tile(g.q, seg.expert, n0)
			job.Rows, job.Ld, job.NX = rows, rows, len(items)
			job.Out = &w.acc[j][0]
			for k, item := range items {
				job.X[k] = g.x.row(g.group.xrow(int(item)))
			}
		}
		next := w.jobs[0].Tile
		if it+simd.MaxX >= seg.end {
			next = g.tileOf(after)
		}
		g.q.Run(w.jobs[:len(g.mats)], next, w.Worker)
		for k, item := range items {
			out := w.acc[0][k*rows : (k+1)*rows]
			if len(g.mats) == 2 {
				simd.SiluMul(out, out, w.acc[1][k*rows:(k+1)*rows])
			}
			simd.Store(unsafe.Add(g.y, (int(item)*g.n+n0)*g.yType.Size()), out, g.yType)
		}
	}
}

// tileOf is where chunk i begins, zero if there is none.
func (g *gather) tileOf(i int) simd.Tile {
	if i >= len(g.group.segments)*g.tiles {
		return simd.Tile{}
	}
	return g.mats[0].tile(g.q, g.group.segments[i/g.tiles].expert, i%g.tiles*g.tile)
}
