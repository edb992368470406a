package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
)

// rope rotates element i of a head with element i+D/2 by the angle
// (at+m)·Scale·Base^(-2i/D), computed in float64.
type rope struct {
	k         *kernel
	m, h, d   int
	at        []uint32
	frequency []float64 // of each pair, Scale included
	x, y      unsafe.Pointer
	work      []ropeWorker
}

type ropeWorker struct{ x, sin, cos []float32 }

func bindRope(b *binder) task {
	p := params[kernels.RopeParams](b)
	t := b.rope(int(p.M), int(p.H), int(p.D), p.Base, p.Scale)
	t.x, t.y = b.at("x"), b.at("y")
	return t
}

func (b *binder) rope(m, h, d int, base, scale float32) *rope {
	t := &rope{
		k: b.k, m: m, h: h, d: d, at: b.indices("at"), frequency: make([]float64, d/2), work: make([]ropeWorker, b.dev.pool.threads),
	}
	step := -2 / float64(d) * math.Log(float64(base))
	for i := range t.frequency {
		t.frequency[i] = float64(scale) * math.Exp(step*float64(i))
	}
	for i := range t.work {
		t.work[i] = ropeWorker{b.floats(d), b.floats(d / 2), b.floats(d / 2)}
	}
	return t
}

func (t *rope) run(p *pool) error { return p.do(t, t.m) }

// chunk is every head of one token.
func (t *rope) chunks(worker, from, to int) {
	for m := from; m < to; m++ {
		w := &t.work[worker]
		t.turns(w, m)
		for h := range t.h {
			at := (m*t.h + h) * t.d * t.k.t.Size()
			simd.Load(w.x, unsafe.Add(t.x, at), t.k.t)
			w.turn()
			simd.Store(unsafe.Add(t.y, at), w.x, t.k.t)
		}
	}
}

// turns are the sines and cosines of a token's position.
func (t *rope) turns(w *ropeWorker, m int) {
	position := float64(t.at[0]) + float64(m)
	for i, f := range t.frequency {
		sin, cos := math.Sincos(position * f)
		w.sin[i], w.cos[i] = float32(sin), float32(cos)
	}
}

// turn rotates the halves of x.
func (w *ropeWorker) turn() {
	half := len(w.sin)
	for i := range half {
		a, b := w.x[i], w.x[i+half]
		w.x[i], w.x[i+half] = a*w.cos[i]-b*w.sin[i], a*w.sin[i]+b*w.cos[i]
	}
}

// ropeCache is rope of normalised queries and keys, of which the keys and the values
// go into their caches; a chunk is one token.
type ropeCache struct {
	rope         *rope
	cache        *cacheAppend // of the values alone
	normed       bool
	eps          float32
	q, k, y      unsafe.Pointer
	keys         unsafe.Pointer
	qNorm, kNorm unsafe.Pointer
	qw, kw       []float32 // the norms' weights
}

func bindRopeCache(b *binder) task {
	p := params[kernels.RopeCacheParams](b)
	t := &ropeCache{
		rope: b.rope(int(p.M), int(p.H), int(p.D), p.Base, p.Scale), normed: p.Norm == 1, eps: p.Eps,
		cache: b.cacheAppend(kernels.CacheParams{M: p.M, KV: p.KV, D: p.D, Stride: p.Stride}, copied{b.at("v"), b.at("values")}),
		q:     b.at("q"), k: b.at("k"), y: b.at("y"), keys: b.at("keys"), qNorm: b.at("q_norm"), kNorm: b.at("k_norm"),
		qw: b.floats(int(p.D)), kw: b.floats(int(p.D)),
	}
	return t
}

func (t *ropeCache) run(p *pool) error {
	if err := t.rope.k.cached(t.rope.at[0], t.rope.m, t.cache.stride); err != nil {
		return err
	}
	if t.normed {
		simd.Load(t.qw, t.qNorm, t.rope.k.t)
		simd.Load(t.kw, t.kNorm, t.rope.k.t)
	}
	return p.do(t, t.rope.m)
}

func (t *ropeCache) chunks(worker, from, to int) {
	r, w := t.rope, &t.rope.work[worker]
	bytes := t.cache.bytes
	for m := from; m < to; m++ {
		r.turns(w, m)
		for h := range r.h {
			at := (m*r.h + h) * bytes
			t.head(w, unsafe.Add(t.q, at), unsafe.Add(t.y, at), t.qw)
		}
		for h := range t.cache.kv {
			t.head(w, unsafe.Add(t.k, (m*t.cache.kv+h)*bytes), unsafe.Add(t.keys, t.cache.place(m, h)), t.kw)
		}
	}
	t.cache.chunks(worker, from, to)
}

// head normalises a head and rotates it.
func (t *ropeCache) head(w *ropeWorker, from, to unsafe.Pointer, weight []float32) {
	simd.Load(w.x, from, t.rope.k.t)
	if t.normed {
		scale := 1 / float32(math.Sqrt(float64(simd.Dot(w.x, w.x)/float32(len(w.x))+t.eps)))
		for i, v := range weight {
			w.x[i] = w.x[i] * scale * v
		}
	}
	w.turn()
	simd.Store(to, w.x, t.rope.k.t)
}
