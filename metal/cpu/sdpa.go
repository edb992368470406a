package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// sdpa is causal attention of tokens whose keys and values are cached; a chunk is one
// query head of one token.
type sdpa struct {
	k           *kernel
	m, h, kv, d int
	stride      int // positions of each KV head
	scale       float32
	at          []uint32
	q, keys     unsafe.Pointer
	values, out unsafe.Pointer
	work        []sdpaWorker
}

type sdpaWorker struct{ q, row, scores, acc []float32 }

func bindSDPA(b *binder) task {
	p := params[kernels.SDPAParams](b)
	t := &sdpa{
		k: b.k, m: int(p.M), h: int(p.H), kv: int(p.KV), d: int(p.D), stride: int(p.Stride), scale: p.Scale, at: b.indices("at"),
		q: b.at("q"), keys: b.at("keys"), values: b.at("values"), out: b.at("out"),
		work: make([]sdpaWorker, b.dev.pool.threads),
	}
	for i := range t.work {
		t.work[i] = sdpaWorker{b.floats(t.d), b.floats(t.d), b.floats(t.stride), b.floats(t.d)}
	}
	return t
}

func (t *sdpa) run(p *pool) error {
	if err := t.k.cached(t.at[0], t.m, t.stride); err != nil {
		return err
	}
	return p.do(t, t.m*t.h)
}

// cached reports tokens for which a cache has no position.
func (k *kernel) cached(at uint32, m, stride int) error {
	if int(at)+m > stride {
		return k.fault("at is %d, and %d tokens from there do not fit the cache's %d positions", at, m, stride)
	}
	return nil
}

func (t *sdpa) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(worker, i/t.h, i%t.h)
	}
}

func (t *sdpa) chunk(worker, m, h int) {
	w := &t.work[worker]
	size := t.k.t.Size()
	head := h / (t.h / t.kv) * t.stride
	row := (m*t.h + h) * t.d * size
	simd.Load(w.q, unsafe.Add(t.q, row), t.k.t)
	scores := w.scores[:int(t.at[0])+m+1]
	top := float32(math.Inf(-1))
	for l := range scores {
		simd.Load(w.row, unsafe.Add(t.keys, (head+l)*t.d*size), t.k.t)
		scores[l] = simd.Dot(w.q, w.row) * t.scale
		top = max(top, scores[l])
	}
	var sum float32
	for l, s := range scores {
		scores[l] = float32(math.Exp(float64(s - top)))
		sum += scores[l]
	}
	clear(w.acc)
	for l, s := range scores {
		simd.Load(w.row, unsafe.Add(t.values, (head+l)*t.d*size), t.k.t)
		simd.FMA(w.acc, w.row, s/sum)
	}
	simd.Store(unsafe.Add(t.out, row), w.acc, t.k.t)
}
