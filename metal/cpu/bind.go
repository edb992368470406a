package cpu

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/internal/front"
)

// task is a dispatch with every decision taken; run does the work.
type task interface {
	run(p *pool) error
}

// binder turns one dispatch into a task. Its methods keep the first error, so
// that a bind function reads straight and checks b.err once.
type binder struct {
	dev   *device
	k     *kernel
	d     *metal.Dispatch
	arena *arena
	err   error
}

// bind checks a dispatch's arguments against its kernel and builds its task.
func (b *binder) bind(d *metal.Dispatch) (task, error) {
	b.k, b.d, b.err = front.Own[*kernel](d.Kernel), d, nil
	b.arena.reset()
	t := b.k.op.bind(b)
	if b.err != nil {
		return nil, b.err
	}
	return t, nil
}

func (b *binder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = b.k.fault(format, args...)
	}
}

// fault is a metal.ErrFault that names the kernel.
func (k *kernel) fault(format string, args ...any) error {
	return fmt.Errorf("kernel %s: %w: %s", k.name, metal.ErrFault, fmt.Sprintf(format, args...))
}

// params reads n 32-bit fields of the parameter block at argument i.
func (b *binder) params(i, n int) []uint32 {
	out := make([]uint32, n)
	switch {
	case b.err != nil:
	case i >= len(b.d.Args):
		b.fail("argument %d (parameters): missing, the dispatch has %d arguments", i, len(b.d.Args))
	case b.d.Args[i].Buffer != nil:
		b.fail("argument %d (parameters): is a buffer, want bytes", i)
	case len(b.d.Args[i].Bytes) < 4*n:
		b.fail("argument %d (parameters): needs %d bytes, has %d", i, 4*n, len(b.d.Args[i].Bytes))
	case len(b.d.Args) > i+1:
		b.fail("argument %d: not part of the kernel's signature", i+1)
	default:
		for j := range out {
			out[j] = binary.LittleEndian.Uint32(b.d.Args[i].Bytes[4*j:])
		}
	}
	return out
}

// positive reads n fields that must not be zero: a shape.
func (b *binder) positive(i, n int, fields string) []uint32 {
	p := b.params(i, n)
	for _, v := range p {
		if v == 0 {
			b.fail("argument %d (parameters): a zero among %s = %v", i, fields, p)
		}
	}
	return p
}

// in is argument i, elements of the given size that the kernel reads.
func (b *binder) in(i int, name string, elem, count int) unsafe.Pointer {
	if b.err == nil && i < len(b.d.Args) && b.d.Args[i].Buffer == nil && b.d.Args[i].Bytes != nil {
		data := b.d.Args[i].Bytes
		if need := mul(elem, count); need > len(data) {
			b.fail("argument %d (%s): needs %d bytes, has %d bytes inline", i, name, need, len(data))
			return nil
		}
		// Copied, as Metal does, with the room behind it that reads may use.
		aligned := make([]uint64, (len(data)+simd.Overread+7)/8)
		p := unsafe.Pointer(&aligned[0])
		copy(unsafe.Slice((*byte)(p), len(data)), data)
		return p
	}
	return b.memory(i, name, elem, count)
}

// out is argument i, elements that the kernel writes.
func (b *binder) out(i int, name string, elem, count int) unsafe.Pointer {
	if b.err == nil && i < len(b.d.Args) && b.d.Args[i].Buffer == nil && b.d.Args[i].Bytes != nil {
		b.fail("argument %d (%s): is inline bytes, but the kernel writes to it", i, name)
	}
	return b.memory(i, name, elem, count)
}

func (b *binder) memory(i int, name string, elem, count int) unsafe.Pointer {
	if b.err != nil {
		return nil
	}
	if i >= len(b.d.Args) || b.d.Args[i].Buffer == nil {
		b.fail("argument %d (%s): missing", i, name)
		return nil
	}
	arg := b.d.Args[i]
	data := front.MemoryOf[*memory](arg.Buffer).data[arg.Offset:]
	switch {
	case arg.Offset%elem != 0:
		b.fail("argument %d (%s): offset %d is not a multiple of %d", i, name, arg.Offset, elem)
	case mul(elem, count) > len(data):
		b.fail("argument %d (%s): needs %d bytes, has %d (buffer of %d at offset %d)",
			i, name, mul(elem, count), len(data), len(data)+arg.Offset, arg.Offset)
	default:
		return unsafe.Pointer(unsafe.SliceData(data))
	}
	return nil
}

// size of the memory behind argument i, for shapes the parameters leave out.
func (b *binder) size(i int) int {
	if i >= len(b.d.Args) {
		return 0
	}
	if buf := b.d.Args[i].Buffer; buf != nil {
		return len(front.MemoryOf[*memory](buf).data) - b.d.Args[i].Offset
	}
	return len(b.d.Args[i].Bytes)
}

// elems is argument i as elements of the activations' type.
func (b *binder) elems(i int, name string, dims ...int) unsafe.Pointer {
	return b.in(i, name, b.k.t.Size(), mul(dims...))
}

func (b *binder) outElems(i int, name string, dims ...int) unsafe.Pointer {
	return b.out(i, name, b.k.t.Size(), mul(dims...))
}

// indices is argument i as uint32 read by the kernel.
func (b *binder) indices(i int, name string, dims ...int) []uint32 {
	n := mul(dims...)
	p := b.in(i, name, 4, n)
	if p == nil {
		return nil
	}
	return unsafe.Slice((*uint32)(p), n)
}

func (b *binder) outIndices(i int, name string, dims ...int) []uint32 {
	n := mul(dims...)
	p := b.out(i, name, 4, n)
	if p == nil {
		return nil
	}
	return unsafe.Slice((*uint32)(p), n)
}

// scratch is memory for the task alone, not zeroed.
func (b *binder) scratch(dims ...int) unsafe.Pointer {
	if b.err != nil {
		return nil
	}
	n := mul(dims...)
	if n > math.MaxInt-1024 {
		b.fail("scratch memory of the shape overflows")
		return nil
	}
	p, err := b.arena.alloc(n + simd.Overread)
	if err != nil {
		b.err = fmt.Errorf("kernel %s: scratch: %w", b.k.name, err)
		return nil
	}
	return p
}

// floats is scratch for float32.
func (b *binder) floats(dims ...int) []float32 {
	n := mul(dims...)
	p := b.scratch(n, 4)
	if p == nil {
		return nil
	}
	return unsafe.Slice((*float32)(p), n)
}

// workerFloats is scratch of n float32 for each thread.
func (b *binder) workerFloats(n int) [][]float32 {
	s := make([][]float32, b.dev.pool.threads)
	for i := range s {
		s[i] = b.floats(n)
	}
	return s
}

// mul multiplies extents; a product that overflows is math.MaxInt, which no
// buffer has.
func mul(dims ...int) int {
	n := uint64(1)
	for _, d := range dims {
		hi, lo := bits.Mul64(n, uint64(max(d, 0)))
		if hi != 0 || lo > math.MaxInt {
			return math.MaxInt
		}
		n = lo
	}
	return int(n)
}

// ints widens parameters for arithmetic.
func ints(p []uint32) []int {
	out := make([]int, len(p))
	for i, v := range p {
		out[i] = int(v)
	}
	return out
}
