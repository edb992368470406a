package cuda

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// Buffer is memory on the GPU.
type Buffer struct {
	d    *Device
	at   uintptr // device address, 0 once released
	size int
	from uintptr // what the driver allocated: at, or a little before it
}

// Slices of the L2 cache lie at different distances from a multiprocessor, so a
// kernel that waits for a small buffer runs up to some percent faster or slower
// for where that buffer lies. Two copies of one configuration whose buffers are
// allocated in the same order in every process would differ by that in every
// process. Buffers therefore begin at a random place past their allocation, and
// placement is noise between processes instead of a bias.
const (
	placeStep = 256 // bytes, as cuMemAlloc aligns
	places    = 256
)

// NewBuffer allocates zeroed GPU memory.
func (d *Device) NewBuffer(bytes int) (metal.Buffer, error) {
	if bytes <= 0 {
		return nil, fmt.Errorf("cuda: buffer of %d bytes: want at least 1", bytes)
	}
	if err := d.usable(); err != nil {
		return nil, err
	}
	defer d.enter()()
	b := &Buffer{d: d, size: bytes}
	past := placeStep * rand.N(places)
	if err := d.check("cuMemAlloc", d.cu.MemAlloc.call(uintptr(unsafe.Pointer(&b.from)), uintptr(past+bytes))); err != nil {
		return nil, fmt.Errorf("cuda: buffer of %d bytes beside %d in use: %w", bytes, d.memory.Current, err)
	}
	b.at = b.from + uintptr(past)
	err := d.check("cuMemsetD8Async", d.cu.MemsetD8Async.call(b.at, 0, uintptr(bytes), d.stream))
	if err == nil {
		err = d.finish(context.Background())
	}
	if err != nil {
		d.cu.MemFree.call(b.from)
		return nil, fmt.Errorf("cuda: buffer of %d bytes: %w", bytes, err)
	}
	d.buffers[b] = struct{}{}
	d.memory.Current += int64(bytes)
	d.memory.Peak = max(d.memory.Peak, d.memory.Current)
	return b, nil
}

// Len is the size in bytes.
func (b *Buffer) Len() int { return b.size }

// Bytes is nil: the host does not see this memory.
func (b *Buffer) Bytes() []byte { return nil }

// Write copies data to the GPU and waits for it.
func (b *Buffer) Write(offset int, data []byte) error {
	return b.copy("write", offset, data, func(at uintptr) (string, int32) {
		return "cuMemcpyHtoDAsync", b.d.cu.MemcpyHtoDAsync.call(at, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), b.d.stream)
	})
}

// Read copies from the GPU and waits for it.
func (b *Buffer) Read(offset int, data []byte) error {
	return b.copy("read", offset, data, func(at uintptr) (string, int32) {
		return "cuMemcpyDtoHAsync", b.d.cu.MemcpyDtoHAsync.call(uintptr(unsafe.Pointer(&data[0])), at, uintptr(len(data)), b.d.stream)
	})
}

func (b *Buffer) copy(verb string, offset int, data []byte, start func(at uintptr) (string, int32)) error {
	if err := b.inside(offset, len(data)); err != nil {
		return fmt.Errorf("cuda: %s: %w", verb, err)
	}
	if len(data) == 0 {
		return nil
	}
	if err := b.d.usable(); err != nil {
		return err
	}
	defer b.d.enter()()
	call, status := start(b.at + uintptr(offset))
	err := b.d.check(call, status)
	if err == nil {
		err = b.d.finish(context.Background())
	}
	runtime.KeepAlive(data)
	if err != nil {
		return fmt.Errorf("cuda: %s %d bytes: %w", verb, len(data), err)
	}
	return nil
}

// inside checks a range of the buffer.
func (b *Buffer) inside(offset, n int) error {
	if b.at == 0 {
		return fmt.Errorf("buffer of %d bytes was released", b.size)
	}
	if offset < 0 || n > b.size-offset {
		return fmt.Errorf("bytes %d to %d of a buffer of %d", offset, offset+n, b.size)
	}
	return nil
}

// Release frees the memory. Nothing may run that uses it; nothing does between calls.
func (b *Buffer) Release() {
	if b.at == 0 {
		return
	}
	b.at = 0
	if b.d.closed {
		return // it went with the device
	}
	if b.d.lost == nil {
		leave := b.d.enter()
		b.d.cu.MemFree.call(b.from)
		leave()
	}
	delete(b.d.buffers, b)
	b.d.memory.Current -= int64(b.size)
}
