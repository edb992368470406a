package apple

import (
	"context"
	"fmt"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// Command buffer states. Metal, MTLCommandBufferStatus.
const (
	statusCompleted = 4
	statusError     = 5
)

// maxBytes is the most that setBytes takes.
const maxBytes = 4096

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
	l.grid, l.group = sizeOf(s.Grid), sizeOf(s.Threadgroup)
	for _, extent := range []int{s.Grid.X, s.Grid.Y, s.Grid.Z, s.Threadgroup.X, s.Threadgroup.Y, s.Threadgroup.Z} {
		if extent < 0 {
			return l, fmt.Errorf("kernel %s: grid %v and threadgroup %v: want positive extents", k.name, s.Grid, s.Threadgroup)
		}
	}
	if n := s.Threadgroup.Threads(); n > k.maxThreads {
		return l, fmt.Errorf("kernel %s: threadgroup of %d threads, at most %d", k.name, n, k.maxThreads)
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
			b.buffer = buf.id
		}
		l.bindings = append(l.bindings, b)
	}
	for i, n := range s.ThreadgroupMemory {
		if n < 0 {
			return l, fmt.Errorf("kernel %s: threadgroup argument %d of %d bytes", k.name, i, n)
		}
		l.memory = append(l.memory, uintptr(n+15)&^15) // Metal wants multiples of 16
	}
	return l, nil
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
