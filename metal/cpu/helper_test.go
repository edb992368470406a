package cpu

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/dtype"
)

// rig is a device with helpers that fail the test instead of returning errors.
type rig struct {
	testing.TB
	dev metal.Device
	lib metal.Library
	rng *rand.Rand
}

func newRig(t testing.TB, o Options) *rig {
	t.Helper()
	dev, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	lib, err := dev.Compile(context.Background(), metal.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t, dev, lib, rand.New(rand.NewPCG(1, 2))}
}

func (r *rig) kernel(format string, args ...any) metal.Kernel {
	r.Helper()
	k, err := r.lib.Kernel(fmt.Sprintf(format, args...), nil)
	if err != nil {
		r.Fatal(err)
	}
	return k
}

func (r *rig) buffer(bytes int) metal.Buffer {
	r.Helper()
	b, err := r.dev.NewBuffer(bytes)
	if err != nil {
		r.Fatal(err)
	}
	return b
}

// values makes a buffer of n random numbers in [-scale, scale) of type t.
func (r *rig) values(t dtype.DType, n int, scale float32) metal.Buffer {
	r.Helper()
	b := r.buffer(n * t.Size())
	f := make([]float32, n)
	for i := range f {
		f[i] = (r.rng.Float32()*2 - 1) * scale
	}
	simd.Store(unsafe.Pointer(&b.Bytes()[0]), f, t)
	return b
}

func (r *rig) words(w ...uint32) metal.Buffer {
	r.Helper()
	b := r.buffer(4 * len(w))
	for i, v := range w {
		binary.LittleEndian.PutUint32(b.Bytes()[4*i:], v)
	}
	return b
}

// weights is random quantized weights.
type weights struct {
	codes, scales, biases metal.Buffer
	bits, group, n, k     int
	t                     dtype.DType
}

func (r *rig) weights(t dtype.DType, bits, group, experts, n, k int) weights {
	r.Helper()
	w := weights{bits: bits, group: group, n: n, k: k, t: t}
	w.codes = r.buffer(experts * n * k / 8 * bits)
	for b := w.codes.Bytes(); len(b) >= 4; b = b[4:] {
		binary.LittleEndian.PutUint32(b, r.rng.Uint32())
	}
	w.scales = r.values(t, experts*n*k/group, 1/float32(int(1)<<bits))
	w.biases = r.values(t, experts*n*k/group, 0.5)
	return w
}

// args are the three arguments of the weights.
func (w weights) args() []metal.Arg {
	return []metal.Arg{{Buffer: w.codes}, {Buffer: w.scales}, {Buffer: w.biases}}
}

// row dequantizes a row of an expert, keeping only the bits of mask, in float64.
func (w weights) row(expert, n int, mask uint32) []float64 {
	out := make([]float64, w.k)
	row := expert*w.n + n
	for i := range out {
		bit := row*w.k*w.bits + i*w.bits
		v := uint32(w.codes.Bytes()[bit/8])
		if bit/8+1 < w.codes.Len() {
			v |= uint32(w.codes.Bytes()[bit/8+1]) << 8
		}
		q := v >> (bit % 8) & (1<<w.bits - 1) & mask
		g := row*(w.k/w.group) + i/w.group
		out[i] = float64(q)*at(w.scales, w.t, g) + at(w.biases, w.t, g)
	}
	return out
}

// at is element i of a buffer.
func at(b metal.Buffer, t dtype.DType, i int) float64 {
	return float64(simd.Load1(unsafe.Pointer(&b.Bytes()[0]), i, t))
}

// dotRow is row m of x[·,k] times w, in float64, and Σ|x·w| to scale errors.
func dotRow(x metal.Buffer, t dtype.DType, m int, w []float64) (sum, size float64) {
	for i, v := range w {
		p := v * at(x, t, m*len(w)+i)
		sum += p
		size += math.Abs(p)
	}
	return sum, size
}

func dispatch(k metal.Kernel, params []byte, args ...metal.Arg) metal.Dispatch {
	return metal.Dispatch{
		Kernel: k, Args: append(args, metal.Arg{Bytes: params}),
		Grid: metal.Size{X: 32}, Threadgroup: metal.Size{X: 32},
	}
}

func buf(b metal.Buffer) metal.Arg { return metal.Arg{Buffer: b} }

// run records and runs one dispatch, then submits it, and fails on errors.
func (r *rig) run(d metal.Dispatch) {
	r.Helper()
	p, err := r.dev.Record([]metal.Dispatch{d})
	if err != nil {
		r.Fatal(err)
	}
	defer p.Release()
	if _, err := p.Run(context.Background(), 2); err != nil {
		r.Fatal(err)
	}
}

// near fails unless element i of y is want within rounding to t and relative
// error 1e-5 of size.
func (r *rig) near(what string, y metal.Buffer, t dtype.DType, i int, want, size float64) {
	r.Helper()
	got := at(y, t, i)
	tol := 1e-5*size + math.Abs(want)*[...]float64{1e-6, 1.0 / (1 << 10), 1.0 / (1 << 7)}[t] + 1e-7
	if !(math.Abs(got-want) <= tol) {
		r.Errorf("%s[%d] = %v, want %v ± %v", what, i, got, want, tol)
	}
}

func silu(g float64) float64 { return g / (1 + math.Exp(-g)) }
