package apple

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
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
}

// launch is a dispatch with every decision taken.
type launch struct {
	kernel      *kernel
	bindings    []binding
	memory      []uintptr
	grid, group mtlSize
}

// prepare resolves a dispatch.
func prepare(s *metal.Dispatch) launch {
	l := launch{
		kernel: front.Own[*kernel](s.Kernel), bindings: make([]binding, 0, len(s.Args)),
		grid: sizeOf(s.Grid), group: sizeOf(s.Threadgroup),
	}
	for i := range s.Args {
		a := &s.Args[i]
		b := binding{index: uintptr(i), bytes: a.Bytes, offset: uintptr(a.Offset)}
		switch {
		case a.Buffer != nil:
			b.buffer = front.MemoryOf[*memory](a.Buffer).id
		case len(a.Bytes) == 0:
			continue // not bound
		}
		l.bindings = append(l.bindings, b)
	}
	for _, n := range s.ThreadgroupMemory {
		l.memory = append(l.memory, uintptr(front.GroupBytes(n)))
	}
	return l
}

// keep makes a launch independent of what its dispatch referred to.
func (l *launch) keep() {
	for i := range l.bindings {
		l.bindings[i].bytes = slices.Clone(l.bindings[i].bytes)
	}
}

// encode writes one dispatch into an encoder. Encoders of the default, serial
// kind make each dispatch see the writes of those before it.
func (d *device) encode(encoder uintptr, l *launch) {
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
func (d *device) await(ctx context.Context, commands uintptr, running []string) error {
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
		if err := front.Expired(ctx, waited, d.timeout); err != nil {
			d.lost = fmt.Errorf("%s: %w", front.Blame(metal.Apple, running), err)
			return d.lost
		}
		if waited > spin {
			time.Sleep(pause)
		}
	}
}
