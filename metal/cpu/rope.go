package cpu

import (
	"math"
	"unsafe"

	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/kernels"
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
	p := params[kernels.RopeParams](b)
	t := &rope{
		k: b.k, h: int(p.H), l: int(p.L), d: int(p.D), offset: p.Offset, base: float64(p.Base), scale: float64(p.Scale),
		x: b.at("x"), y: b.at("y"), work: make([]ropeWorker, b.dev.pool.threads),
	}
	for i := range t.work {
		t.work[i] = ropeWorker{b.floats(t.d), b.floats(t.d / 2), b.floats(t.d / 2)}
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
