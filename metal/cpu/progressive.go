package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// progressive is progressive_swiglu (SLIME): pass 1 multiplies by the high two
// bits of every code and bounds what the others can add,
// err = Σ|x|·|s|·max_low. Where the bound of gate or up exceeds epsilon, pass
// 2 adds the low bits. The rows of a tile are still in the core's cache then,
// so that pass 2 costs arithmetic but no memory traffic.
type progressive struct {
	k         *kernel
	high, low *simd.QDot
	mats      [2]matrix
	m, n      int
	epsilon   float32
	maxLow    float32
	x         *prepared
	src       unsafe.Pointer
	sums      []float32 // [m, groups] Σ|x|
	y         unsafe.Pointer
	refined   []uint32
	tile      int
	work      []progressiveWorker
}

type progressiveWorker struct {
	*simd.Worker
	jobs   [2]simd.Job
	acc    [2][]float32
	low    [2][]float32
	scales []float32
	x      []float32
	_      [64]byte
}

func bindProgressive(b *binder) task {
	p := params[kernels.SlimeParams](b)
	m, n, k := int(p.M), int(p.N), int(p.K)
	t := &progressive{
		k: b.k, m: m, n: n, epsilon: p.Epsilon, maxLow: float32(uint(1)<<(b.Format.Bits-2) - 1),
		mats: [2]matrix{b.matrix("gate", n, k), b.matrix("up", n, k)},
		src:  b.at("x"), y: b.at("y"), refined: b.indices("refined"),
		high: b.qdot(simd.High, k), low: b.qdot(simd.Low, k),
		work: make([]progressiveWorker, b.dev.pool.threads),
	}
	groups := k / b.Format.Group
	t.x = b.prepare(t.high, t.src, m)
	t.sums = b.floats(m, groups)
	t.tile = min(n, 32)
	for i, worker := range b.workers(t.high) {
		w := &t.work[i]
		w.Worker = worker
		for j := range t.mats {
			w.acc[j], w.low[j] = b.floats(t.tile), b.floats(t.tile)
			w.jobs[j].NX, w.jobs[j].Ld = 1, t.tile
		}
		w.scales, w.x = b.floats(groups), b.floats(k)
	}
	return t
}

func (t *progressive) run(p *pool) error {
	if err := t.x.run(p); err != nil {
		return err
	}
	if err := p.do(absSums{t}, t.m); err != nil {
		return err
	}
	return p.do(t, t.m*t.tiles())
}

func (t *progressive) tiles() int { return (t.n + t.tile - 1) / t.tile }

// absSums computes Σ|x| of every group; a chunk is a row.
type absSums struct{ t *progressive }

func (a absSums) chunks(worker, from, to int) {
	for m := from; m < to; m++ {
		a.row(a.t, a.t.work[worker].x, m)
	}
}

func (absSums) row(t *progressive, x []float32, m int) {
	simd.Load(x, unsafe.Add(t.src, m*t.high.K*t.k.t.Size()), t.k.t)
	groups := t.high.K / t.high.Group
	for g := range groups {
		var sum float32
		for _, v := range x[g*t.high.Group : (g+1)*t.high.Group] {
			sum += float32(math.Abs(float64(v)))
		}
		t.sums[m*groups+g] = sum
	}
}

func (t *progressive) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(&t.work[worker], i)
	}
}

func (t *progressive) chunk(w *progressiveWorker, i int) {
	m, n0 := i/t.tiles(), i%t.tiles()*t.tile
	rows := min(t.tile, t.n-n0)
	t.multiply(w, t.high, &w.acc, m, n0, rows, t.next(i+1))
	refined := t.refined[m*t.n+n0 : m*t.n+n0+rows]
	t.decide(w, refined, m, n0)
	t.refine(w, refined, m, n0)
	gate, up := w.acc[0][:rows], w.acc[1][:rows]
	simd.SiluMul(gate, gate, up)
	simd.Store(unsafe.Add(t.y, (m*t.n+n0)*t.k.t.Size()), gate, t.k.t)
}

// multiply computes one part of rows n0 … of gate and up.
func (t *progressive) multiply(w *progressiveWorker, q *simd.QDot, out *[2][]float32, m, n0, rows int, next simd.Tile) {
	for j := range t.mats {
		job := &w.jobs[j]
		job.Tile, job.Rows = t.mats[j].tile(q, 0, n0), rows
		job.X[0], job.Out = t.x.row(m), &out[j][0]
	}
	q.Run(w.jobs[:], next, w.Worker)
}

// next is where chunk i begins, zero if there is none.
func (t *progressive) next(i int) simd.Tile {
	if i >= t.m*t.tiles() {
		return simd.Tile{}
	}
	return t.mats[0].tile(t.high, 0, i%t.tiles()*t.tile)
}

// decide sets refined[i] for the outputs of a tile.
func (t *progressive) decide(w *progressiveWorker, refined []uint32, m, n0 int) {
	groups := len(w.scales)
	sums := t.sums[m*groups : (m+1)*groups]
	for r := range refined {
		refined[r] = 0
		if t.epsilon >= 0 && (t.bound(w, sums, 0, n0+r) > t.epsilon || t.bound(w, sums, 1, n0+r) > t.epsilon) {
			refined[r] = 1
		}
	}
}

// bound is err of row n of gate or up.
func (t *progressive) bound(w *progressiveWorker, sums []float32, j, n int) float32 {
	simd.Load(w.scales, unsafe.Add(t.mats[j].scales, n*t.high.ScaleBytes()), t.k.t)
	var err float32
	for g, s := range w.scales {
		err += sums[g] * float32(math.Abs(float64(s)))
	}
	return err * t.maxLow
}

// refine adds the low bits to runs of rows that need them.
func (t *progressive) refine(w *progressiveWorker, refined []uint32, m, n0 int) {
	for start := 0; start < len(refined); {
		if refined[start] == 0 {
			start++
			continue
		}
		end := start + 1
		for end < len(refined) && refined[end] == 1 {
			end++
		}
		t.multiply(w, t.low, &w.low, m, n0+start, end-start, simd.Tile{})
		for j := range t.mats {
			acc := w.acc[j][start:end]
			simd.Add(acc, acc, w.low[j][:end-start])
		}
		start = end
	}
}
