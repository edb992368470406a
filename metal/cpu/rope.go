package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
)

// rope rotates element i of a head with element i+D/2 by the angle
// (Offset+l)·Scale·Base^(-2i/D), computed in float64.
type rope struct {
	k       *kernel
	h, l, d int
	offset  uint32
	base    float64
	scale   float64
	x, y    unsafe.Pointer
	work    []ropeWorker
}

type ropeWorker struct{ x, sin, cos []float32 }

func bindRope(b *binder) task {
	p := b.params(2, 6)
	h, l, d := int(p[0]), int(p[1]), int(p[2])
	base, scale := math.Float32frombits(p[4]), math.Float32frombits(p[5])
	switch {
	case h == 0 || l == 0 || d == 0:
		b.fail("argument 2 (parameters): a zero among H, L, D = %v", p[:3])
	case d%2 != 0:
		b.fail("D %d is odd", d)
	case !(base > 0):
		b.fail("argument 2 (parameters): Base is %v, want a positive number", base)
	}
	t := &rope{
		k: b.k, h: h, l: l, d: d, offset: p[3], base: float64(base), scale: float64(scale),
		x: b.elems(0, "x", h, l, d), y: b.outElems(1, "y", h, l, d),
		work: make([]ropeWorker, b.dev.pool.threads),
	}
	for i := range t.work {
		t.work[i] = ropeWorker{b.floats(d), b.floats(d / 2), b.floats(d / 2)}
	}
	return t
}

func (t *rope) run(p *pool) error { return p.do(t, t.l) }

// chunk is position l of every head.
func (t *rope) chunks(worker, from, to int) {
	for i := from; i < to; i++ {
		t.chunk(worker, i)
	}
}

func (t *rope) chunk(worker, l int) {
	w := &t.work[worker]
	half := t.d / 2
	step := -2 / float64(t.d) * math.Log(t.base)
	for i := range half {
		sin, cos := math.Sincos((float64(t.offset) + float64(l)) * t.scale * math.Exp(step*float64(i)))
		w.sin[i], w.cos[i] = float32(sin), float32(cos)
	}
	for h := range t.h {
		at := (h*t.l + l) * t.d * t.k.t.Size()
		simd.Load(w.x, unsafe.Add(t.x, at), t.k.t)
		for i := range half {
			a, b := w.x[i], w.x[i+half]
			w.x[i], w.x[i+half] = a*w.cos[i]-b*w.sin[i], a*w.sin[i]+b*w.cos[i]
		}
		simd.Store(unsafe.Add(t.y, at), w.x, t.k.t)
	}
}
