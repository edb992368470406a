package kernels

import (
	"math/rand/v2"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
)

// Buffers are allocated one after the other; the first failure is kept, so that
// a list of allocations needs one check.
type Buffers struct {
	Device metal.Device
	made   []metal.Buffer
	err    error
}

// Err is the first failure.
func (b *Buffers) Err() error { return b.err }

// Release frees everything that was made.
func (b *Buffers) Release() {
	for _, buf := range b.made {
		buf.Release()
	}
	b.made = nil
}

func (b *Buffers) keep(a metal.Arg, err error) metal.Arg {
	if err != nil {
		if b.err == nil {
			b.err = err
		}
		return metal.Arg{}
	}
	b.made = append(b.made, a.Buffer)
	return a
}

// Zeros is a zeroed buffer of n bytes.
func (b *Buffers) Zeros(n int) metal.Arg {
	if b.err != nil {
		return metal.Arg{}
	}
	buf, err := b.Device.NewBuffer(n)
	return b.keep(metal.Arg{Buffer: buf}, err)
}

// Floats is a zeroed buffer of n numbers.
func (b *Buffers) Floats(dt dtype.DType, n int) metal.Arg { return b.Zeros(n * dt.Size()) }

// Upload holds values, rounded to dt.
func (b *Buffers) Upload(dt dtype.DType, values []float32) metal.Arg {
	if b.err != nil {
		return metal.Arg{}
	}
	return b.keep(Upload(b.Device, dt, values))
}

// Indices holds uint32 values.
func (b *Buffers) Indices(values []uint32) metal.Arg {
	if b.err != nil {
		return metal.Arg{}
	}
	return b.keep(UploadUint32(b.Device, values))
}

// Slice is row i of a buffer of rows of n elements of size bytes.
func Slice(a metal.Arg, i, n, size int) metal.Arg {
	a.Offset += i * n * size
	return a
}

// Normal draws n values of mean 0 and variance 1.
func Normal(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}
