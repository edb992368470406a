package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
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
	p := b.params(4, 6)
	h, kv, l, d, stride := int(p[0]), int(p[1]), int(p[2]), int(p[3]), int(p[4])
	switch {
	case h == 0 || kv == 0 || l == 0 || d == 0:
		b.fail("argument 4 (parameters): a zero among H, KV, L, D = %v", p[:4])
	case h%kv != 0:
		b.fail("%d query heads are not a multiple of %d KV heads", h, kv)
	case stride < l:
		b.fail("KVStride %d is less than L %d", stride, l)
	}
	if b.err != nil {
		return nil
	}
	used := min(mul(kv, stride, d), mul(kv-1, stride, d)+mul(l, d))
	t := &sdpa{
		k: b.k, h: h, kv: kv, l: l, d: d, stride: stride, scale: math.Float32frombits(p[5]),
		q: b.elems(0, "q", h, d), keys: b.elems(1, "k", used), values: b.elems(2, "v", used),
		out:  b.outElems(3, "out", h, d),
		work: make([]sdpaWorker, b.dev.pool.threads),
	}
	for i := range t.work {
		t.work[i] = sdpaWorker{b.floats(d), b.floats(d), b.floats(l), b.floats(d)}
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
