package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// sdpa is attention of one query token over L cached positions; a chunk is one
// query head.
type sdpa struct {
	k           *kernel
	h, kv, l, d int
	stride      int // positions allocated per KV head
	scale       float32
	q, keys     unsafe.Pointer
	values, out unsafe.Pointer
	work        []sdpaWorker
}

type sdpaWorker struct{ q, row, scores, acc []float32 }

func bindSDPA(b *binder) task {
	p := params[kernels.SDPAParams](b)
	t := &sdpa{
		k: b.k, h: int(p.H), kv: int(p.KV), l: int(p.L), d: int(p.D), stride: int(p.KVStride), scale: p.Scale,
		q: b.at("q"), keys: b.at("k"), values: b.at("v"), out: b.at("out"),
		work: make([]sdpaWorker, b.dev.pool.threads),
	}
	for i := range t.work {
		t.work[i] = sdpaWorker{b.floats(t.d), b.floats(t.d), b.floats(t.l), b.floats(t.d)}
	}
	return t
}

func (t *sdpa) run(p *pool) error { return p.do(t, t.h) }

func (t *sdpa) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(worker, i)
	}
}

func (t *sdpa) chunk(worker, h int) {
	w := &t.work[worker]
	size := t.k.t.Size()
	head := h / (t.h / t.kv) * t.stride
	simd.Load(w.q, unsafe.Add(t.q, h*t.d*size), t.k.t)
	top := float32(math.Inf(-1))
	for l := range t.l {
		simd.Load(w.row, unsafe.Add(t.keys, (head+l)*t.d*size), t.k.t)
		w.scores[l] = simd.Dot(w.q, w.row) * t.scale
		top = max(top, w.scores[l])
	}
	var sum float32
	for l, s := range w.scores {
		w.scores[l] = float32(math.Exp(float64(s - top)))
		sum += w.scores[l]
	}
	clear(w.acc)
	for l, s := range w.scores {
		simd.Load(w.row, unsafe.Add(t.values, (head+l)*t.d*size), t.k.t)
		simd.FMA(w.acc, w.row, s/sum)
	}
	simd.Store(unsafe.Add(t.out, h*t.d*size), w.acc, t.k.t)
}
