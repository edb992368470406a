package front

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal"
)

// Limits of one dispatch that Metal has on every device. It does not check them
// by itself: past them the process ends, or the kernel does something else.
const (
	MaxBytes  = 4096 // of an argument that is copied
	MaxArgs   = 31   // indices of buffers, and of threadgroup memory
	maxExtent = math.MaxInt32
)

// check refuses a dispatch that no kind of device can do.
func (d *Device) check(s *metal.Dispatch) error {
	k, ok := s.Kernel.(*kernel)
	if !ok || k == nil || k.d != d {
		return fmt.Errorf("%s device: %w: the kernel is not of this device: it did not compile it", d.kind, metal.ErrFault)
	}
	err := extents("grid", s.Grid, math.MaxInt)
	if err == nil {
		err = extents("threadgroup", s.Threadgroup, k.threads)
	}
	if err == nil {
		err = d.arguments(s.Args)
	}
	if err == nil {
		err = k.groupMemory(s.ThreadgroupMemory)
	}
	if err == nil {
		err = k.given(s)
	}
	if err != nil {
		return fmt.Errorf("kernel %s: %w: %w", k.name, metal.ErrFault, err)
	}
	return nil
}

// extents wants at least one thread along x, where Y and Z may be left out, and
// at most so many threads.
func extents(what string, s metal.Size, most int) error {
	if s.X < 1 || s.Y < 0 || s.Z < 0 {
		return fmt.Errorf("%s %dx%dx%d: want at least one thread", what, s.X, s.Y, s.Z)
	}
	if max(s.X, s.Y, s.Z) > maxExtent {
		return fmt.Errorf("%s %dx%dx%d: an extent is at most 2^31-1", what, s.X, s.Y, s.Z)
	}
	xy := s.X * max(s.Y, 1) // below 2^62
	if z := max(s.Z, 1); xy > most/z {
		return fmt.Errorf("%s %dx%dx%d: more than %d threads", what, s.X, s.Y, s.Z, most)
	}
	return nil
}

func (d *Device) arguments(args []metal.Arg) error {
	if len(args) > MaxArgs {
		return fmt.Errorf("%d arguments, at most %d", len(args), MaxArgs)
	}
	for i := range args {
		a := &args[i]
		if a.Buffer == nil {
			if len(a.Bytes) > MaxBytes {
				return fmt.Errorf("argument %d: %d bytes, at most %d can be copied: use a buffer", i, len(a.Bytes), MaxBytes)
			}
			continue
		}
		b, ok := a.Buffer.(*buffer)
		if !ok || b.d != d {
			return fmt.Errorf("argument %d: the buffer is not of this device", i)
		}
		if err := b.inside(a.Offset, 1); err != nil {
			return fmt.Errorf("argument %d: %w", i, err)
		}
	}
	return nil
}

// groupMemory wants the sizes, each rounded up as Metal does, to fit beside what
// the kernel declares itself.
func (k *kernel) groupMemory(sizes []int) error {
	if len(sizes) > MaxArgs {
		return fmt.Errorf("%d threadgroup arguments, at most %d", len(sizes), MaxArgs)
	}
	left := k.memory
	for i, n := range sizes {
		if n < 0 || n > left || GroupBytes(n) > left {
			return fmt.Errorf("threadgroup argument %d of %d bytes: beside the kernel's own there are %d for all", i, n, k.memory)
		}
		left -= GroupBytes(n)
	}
	return nil
}

// GroupBytes is what a threadgroup argument takes: a multiple of 16, as Metal
// wants it.
func GroupBytes(n int) int { return (n + 15) &^ 15 }
