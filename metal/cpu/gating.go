package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// gating is topk_gating: the k most probable experts of each token, in
// descending order, ties to the lower index. Probabilities are the softmax
// over all experts in float32. A NaN logit counts as -Inf.
type gating struct {
	k               *kernel
	m, experts, top int
	norm            bool
	logits          unsafe.Pointer
	indices         []uint32
	weights         unsafe.Pointer
	work            []gatingWorker
}

type gatingWorker struct{ p, w []float32 }

func bindGating(b *binder) task {
	p := params[kernels.GatingParams](b)
	t := &gating{
		k: b.k, m: int(p.M), experts: int(p.Experts), top: int(p.TopK), norm: p.Norm == 1,
		logits: b.at("logits"), indices: b.indices("indices"), weights: b.at("weights"),
		work: make([]gatingWorker, b.dev.pool.threads),
	}
	for i := range t.work {
		t.work[i] = gatingWorker{b.floats(t.experts), b.floats(t.top)}
	}
	return t
}

// gatingRows is the tokens of one chunk.
const gatingRows = 4

func (t *gating) run(p *pool) error { return p.do(t, (t.m+gatingRows-1)/gatingRows) }

func (t *gating) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(worker, i)
	}
}

func (t *gating) chunk(worker, i int) {
	for r := i * gatingRows; r < min((i+1)*gatingRows, t.m); r++ {
		t.row(&t.work[worker], r)
	}
}

func (t *gating) row(w *gatingWorker, r int) {
	size := t.k.t.Size()
	simd.Load(w.p, unsafe.Add(t.logits, r*t.experts*size), t.k.t)
	sum := softmax(w.p)
	indices := t.indices[r*t.top : (r+1)*t.top]
	var chosen float32
	for j := range indices {
		best := topIndex(w.p)
		indices[j] = uint32(best)
		w.w[j] = w.p[best]
		chosen += w.p[best]
		w.p[best] = -1 // taken: below every probability
	}
	if t.norm {
		sum = chosen
	}
	for j := range w.w {
		if sum > 0 {
			w.w[j] /= sum
		}
	}
	simd.Store(unsafe.Add(t.weights, r*t.top*size), w.w, t.k.t)
}

// topIndex is the first index of the largest value.
func topIndex(p []float32) int {
	best := 0
	for i, v := range p {
		if v > p[best] {
			best = i
		}
	}
	return best
}

// softmax replaces x by e^(x-max) and returns their sum. NaN counts as -Inf;
// a row without any finite or +Inf value becomes zeros.
func softmax(x []float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	var sum float32
	for i, v := range x {
		switch {
		case v != v || math.IsInf(float64(v), -1):
			x[i] = 0
		case v == top:
			x[i] = 1
		default:
			x[i] = float32(math.Exp(float64(v - top)))
		}
		sum += x[i]
	}
	return sum
}
