// Package front is the device that every kind shares: all buffers, dispatches
// and programs pass it. It has the checks, the words of their errors, lifetimes,
// the account of memory and the count of what was dispatched. A kind of device
// is a Backend behind it.
//
// The main path: Open of a kind makes its Backend and gives it to New.
package front

import (
	"context"

	"github.com/assay-bench/assay/metal"
)

// Backend is what a kind of device does itself. It is called with what the front
// has checked: the device is open and not lost, sizes are positive, ranges lie
// inside their memory, kernels and buffers are its own and not released, extents
// and bytes are within its limits, and what a kernel declares is given, as far as
// that is known. Own and MemoryOf get at its own types.
type Backend interface {
	Info() metal.Info

	// Lost says why no further call can succeed, nil while it can.
	Lost() error

	// Allocate makes zeroed memory. inUse is the bytes of the buffers that are
	// alive. What does not fit gives metal.ErrOutOfMemory.
	Allocate(bytes int, inUse int64) (Memory, error)

	// Compile gets a flat source, whose text has what it includes, or one of a
	// library that can be read, if the kind takes libraries.
	Compile(ctx context.Context, src metal.Source) (Library, error)

	// Record resolves the iterations of a program, each of one dispatch or more.
	// It keeps nothing of the dispatches but kernels and memory.
	Record(iterations [][]metal.Dispatch) (Program, error)

	// Submit runs dispatches once. Nothing may run any more when it returns.
	Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error)

	// Close ends what runs, calls free, which frees all programs and memory, and
	// gives the rest back. A backend that must leave memory to the end of the
	// process does not call free.
	Close(free func()) error
}

// Memory is what a buffer is made of.
type Memory interface {
	Bytes() []byte // as metal.Buffer has it
	Write(offset int, data []byte) error
	Read(offset int, data []byte) error
	Free()
}

// Library is a compiled source.
type Library interface {
	// Kernel looks a kernel up; an unknown one is metal.ErrNoKernel.
	Kernel(name string, constants map[int]any) (Kernel, error)
	Names() []string
}

// Kernel is a compiled function.
type Kernel interface {
	MaxThreads() int     // most threads of one threadgroup
	MaxGroupMemory() int // most bytes of threadgroup memory that a dispatch may add
}

// Program is recorded iterations. One may be a metal.Readier.
type Program interface {
	// Run replays n iterations, going on where the last Run stopped, and waits.
	Run(ctx context.Context, n int) (metal.Times, error)
	Free()
}

// Own is the backend's kernel behind one that the front made.
func Own[K Kernel](k metal.Kernel) K { return k.(*kernel).own.(K) }

// MemoryOf is the backend's memory behind a buffer that the front made.
func MemoryOf[M Memory](b metal.Buffer) M { return b.(*buffer).memory.(M) }
