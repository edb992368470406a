package sim

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
)

// buffer is memory that this process and the child both map.
type buffer struct {
	d    *device
	id   int
	mem  *sharedMemory
	size int
}

// NewBuffer makes zeroed memory.
func (d *device) NewBuffer(bytes int) (metal.Buffer, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	if bytes <= 0 {
		return nil, fmt.Errorf("sim: buffer of %d bytes: want at least 1", bytes)
	}
	if d.o.MemoryLimit > 0 && d.memory.Current+int64(bytes) > d.o.MemoryLimit {
		return nil, fmt.Errorf("sim: buffer of %d bytes: %w: %d of %d are in use", bytes, metal.ErrOutOfMemory, d.memory.Current, d.o.MemoryLimit)
	}
	mem, err := newSharedMemory(bytes)
	if err != nil {
		return nil, fmt.Errorf("sim: buffer of %d bytes: %w: %w", bytes, metal.ErrOutOfMemory, err)
	}
	d.nextID++
	b := &buffer{d: d, id: d.nextID, mem: mem, size: bytes}
	d.buffers[b.id] = b
	d.memory.Current += int64(bytes)
	d.memory.Peak = max(d.memory.Peak, d.memory.Current)
	return b, nil
}

func (b *buffer) Len() int { return b.size }

// Bytes is nil, as on a GPU with memory of its own: callers must copy.
func (b *buffer) Bytes() []byte { return nil }

func (b *buffer) Write(offset int, data []byte) error {
	if err := b.inside(offset, len(data)); err != nil {
		return fmt.Errorf("sim: write: %w", err)
	}
	copy(b.mem.bytes[offset:], data)
	return nil
}

func (b *buffer) Read(offset int, data []byte) error {
	if err := b.inside(offset, len(data)); err != nil {
		return fmt.Errorf("sim: read: %w", err)
	}
	copy(data, b.mem.bytes[offset:])
	return nil
}

// inside checks a range of the buffer.
func (b *buffer) inside(offset, n int) error {
	if b.mem == nil {
		return fmt.Errorf("buffer of %d bytes was released", b.size)
	}
	if offset < 0 || n > b.size-offset {
		return fmt.Errorf("bytes %d to %d of a buffer of %d", offset, offset+n, b.size)
	}
	return nil
}

// Release frees the memory here and in the child.
func (b *buffer) Release() {
	if b.mem == nil {
		return
	}
	if b.d.host != nil {
		b.d.host.unmap(b.id)
	}
	delete(b.d.buffers, b.id)
	b.d.memory.Current -= int64(b.size)
	b.free()
}

func (b *buffer) free() {
	if b.mem != nil {
		b.mem.close()
		b.mem = nil
	}
}
