package cpu

import (
	"fmt"
	"math"
	"math/bits"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// task is a dispatch with every decision taken; run does the work.
type task interface {
	run(p *pool) error
}

// binder turns one dispatch, whose arguments fit the op's declaration, into a
// task. Its methods keep the first error, so that a bind function reads straight.
type binder struct {
	kernels.Bound
	dev   *device
	k     *kernel
	arena *arena
	err   error
}

// bind checks a dispatch's arguments against its kernel and builds its task.
func (b *binder) bind(d *metal.Dispatch) (task, error) {
	b.k, b.err = front.Own[*kernel](d.Kernel), nil
	b.arena.reset()
	bound, err := b.k.Op.Bind(b.k.Format, d.Args)
	if err != nil {
		return nil, b.k.fault("%w", err)
	}
	b.Bound = bound
	t := b.k.bind(b)
	return t, b.err
}

func (b *binder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = b.k.fault(format, args...)
	}
}

// fault is a metal.ErrFault that names the kernel.
func (k *kernel) fault(format string, args ...any) error {
	return fmt.Errorf("kernel %s: %w: %w", k.Name(), metal.ErrFault, fmt.Errorf(format, args...))
}

// arg is where an argument begins, and its bytes that the kernel may touch.
func (b *binder) arg(name string) (unsafe.Pointer, int) { return b.plane(name, 0) }

func (b *binder) plane(name string, p quant.Plane) (unsafe.Pointer, int) {
	arg, n := b.Arg(name, p)
	if arg.Buffer != nil {
		data := front.MemoryOf[*memory](arg.Buffer).data
		return unsafe.Pointer(unsafe.SliceData(data[arg.Offset:])), n
	}
	// Copied, as Metal does, with the room behind it that reads may use.
	aligned := make([]uint64, (len(arg.Bytes)+simd.Overread+7)/8)
	at := unsafe.Pointer(&aligned[0])
	copy(unsafe.Slice((*byte)(at), len(arg.Bytes)), arg.Bytes)
	return at, n
}

// params is the parameter block. What its op declares holds of it.
func params[P any](b *binder) P { return kernels.Params[P](b.Params) }

// at is where an argument begins.
func (b *binder) at(name string) unsafe.Pointer {
	at, _ := b.arg(name)
	return at
}

// room is what lies behind an argument's offset, for an extent that the
// parameters do not say.
func (b *binder) room(name string, p quant.Plane) int {
	arg, _ := b.Arg(name, p)
	if arg.Buffer != nil {
		return arg.Buffer.Len() - arg.Offset
	}
	return len(arg.Bytes)
}

// indices is an argument of uint32.
func (b *binder) indices(name string) []uint32 {
	at, n := b.arg(name)
	return unsafe.Slice((*uint32)(at), n/4)
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
		b.err = fmt.Errorf("kernel %s: scratch: %w", b.k.Name(), err)
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
