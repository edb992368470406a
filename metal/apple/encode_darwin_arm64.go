package apple

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// Command buffer states. Metal, MTLCommandBufferStatus.
const (
	statusCompleted = 4
	statusError     = 5
)

// mtlSize is MTLSize. On arm64 it is passed by the address of a copy, which the
// callee may overwrite.
type mtlSize struct{ x, y, z uint64 }

func sizeOf(s metal.Size) mtlSize {
	return mtlSize{uint64(max(s.X, 1)), uint64(max(s.Y, 1)), uint64(max(s.Z, 1))}
}

// binding is one argument as an encoder takes it.
type binding struct {
	index  uintptr
	buffer uintptr // 0: bytes
	offset uintptr
	bytes  []byte
	of     *Buffer // whose id buffer is
}

// launch is a dispatch with every decision taken.
type launch struct {
	kernel      *kernel
	bindings    []binding
	memory      []uintptr
	grid, group mtlSize
}

// prepare checks a dispatch and resolves it.
func (d *Device) prepare(s *metal.Dispatch) (launch, error) {
	k, ok := s.Kernel.(*kernel)
	if !ok || k == nil {
		return launch{}, fmt.Errorf("apple: dispatch of a kernel that this device did not compile")
	}
	l := launch{kernel: k, bindings: make([]binding, 0, len(s.Args))}
	if k.d != d {
		return l, fmt.Errorf("kernel %s: compiled by another device", k.name)
	}
	l.grid, l.group = sizeOf(s.Grid), sizeOf(s.Threadgroup)
	for _, extent := range []int{s.Grid.X, s.Grid.Y, s.Grid.Z, s.Threadgroup.X, s.Threadgroup.Y, s.Threadgroup.Z} {
		if extent < 0 {
			return l, fmt.Errorf("kernel %s: grid %v and threadgroup %v: want positive extents", k.name, s.Grid, s.Threadgroup)
		}
	}
	if n := s.Threadgroup.Threads(); n > k.maxThreads {
		return l, fmt.Errorf("kernel %s: threadgroup of %d threads, at most %d", k.name, n, k.maxThreads)
	}
	if len(s.Args) > maxBuffers {
		return l, fmt.Errorf("kernel %s: %d arguments, at most %d", k.name, len(s.Args), maxBuffers)
	}
	for i := range s.Args {
		a := &s.Args[i]
		b := binding{index: uintptr(i), bytes: a.Bytes, offset: uintptr(a.Offset)}
		switch buf, ok := a.Buffer.(*Buffer); {
		case a.Buffer == nil && len(a.Bytes) == 0:
			continue // not bound
		case a.Buffer == nil && len(a.Bytes) > maxBytes:
			return l, fmt.Errorf("kernel %s: argument %d: %d bytes, at most %d can be copied: use a buffer", k.name, i, len(a.Bytes), maxBytes)
		case a.Buffer == nil:
		case !ok || buf.d != d:
			return l, fmt.Errorf("kernel %s: argument %d: buffer of another device", k.name, i)
		default:
			if err := buf.inside(a.Offset, 1); err != nil {
				return l, fmt.Errorf("kernel %s: argument %d: %w", k.name, i, err)
			}
			b.buffer, b.of = buf.id, buf
		}
		l.bindings = append(l.bindings, b)
	}
	var err error
	if l.memory, err = groupMemory(s.ThreadgroupMemory, k.groupMemory, d.groupMemory); err != nil {
		return l, fmt.Errorf("kernel %s: %w", k.name, err)
	}
	return l, nil
}

// keep makes a launch independent of what its dispatch referred to.
func (l *launch) keep() {
	for i := range l.bindings {
		l.bindings[i].bytes = slices.Clone(l.bindings[i].bytes)
	}
}

// released reports whether a buffer of the launch is gone. Encoding it would be
// the end of the process.
func (l *launch) released() bool {
	return slices.ContainsFunc(l.bindings, func(b binding) bool { return b.of != nil && b.of.id == 0 })
}

// encode writes one dispatch into an encoder. Encoders of the default, serial
// kind make each dispatch see the writes of those before it.
func (d *Device) encode(encoder uintptr, l *launch) {
	b, hot := d.b, &d.hot
	b.send(encoder, hot.setPipeline, l.kernel.pipeline)
	for i := range l.bindings {
		a := &l.bindings[i]
		if a.buffer != 0 {
			b.send(encoder, hot.setBuffer, a.buffer, a.offset, a.index)
		} else {
			b.send(encoder, hot.setBytes, uintptr(unsafe.Pointer(&a.bytes[0])), uintptr(len(a.bytes)), a.index)
		}
	}
	for i, n := range l.memory {
		b.send(encoder, hot.setGroupMemory, n, uintptr(i))
	}
	for i := len(l.memory); i < d.lengths; i++ { // an encoder keeps what the dispatch before it set
		b.send(encoder, hot.setGroupMemory, 0, uintptr(i))
	}
	d.lengths = len(l.memory)
	d.sizes = [2]mtlSize{l.grid, l.group}
	b.send(encoder, hot.dispatch, uintptr(unsafe.Pointer(&d.sizes[0])), uintptr(unsafe.Pointer(&d.sizes[1])))
}

// Polling costs well under a microsecond, so a wait spins at first; a long one
// gives the processor back between looks.
const (
	spin  = 5 * time.Millisecond
	pause = 20 * time.Microsecond
)

// await polls a command buffer's status until it is done, ctx ends, or the
// device's limit passes.
func (d *Device) await(ctx context.Context, commands uintptr, running []string) error {
	begin := time.Now()
	for {
		switch d.b.send(commands, d.hot.status) {
		case statusCompleted:
			metal.Beat(ctx)
			return nil
		case statusError:
			failed := d.b.msg(commands, sel.bufferError)
			code := 0
			if failed != 0 {
				code = int(d.b.msg(failed, sel.errorCode))
			}
			err, lost := bufferFailure(code, d.b.failure(failed), running)
			if lost {
				d.lost = err
			}
			return err
		}
		waited := time.Since(begin)
		var err error
		if cause := context.Cause(ctx); cause != nil {
			err = fmt.Errorf("%s: %w: still running after %v when the wait was called off: %w", blame(running), metal.ErrTimeout, waited.Round(time.Millisecond), cause)
		} else if waited > d.timeout {
			err = fmt.Errorf("%s: %w: no progress for %v", blame(running), metal.ErrTimeout, d.timeout)
		}
		if err != nil {
			d.lost = err
			return err
		}
		if waited > spin {
			time.Sleep(pause)
		}
	}
}
