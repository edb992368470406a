package sim

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// memory is mapped by this process and by the child.
type memory struct {
	*sharedMemory
	d    *device
	id   int
	size int
}

// Allocate makes shared memory.
func (d *device) Allocate(bytes int, inUse int64) (front.Memory, error) {
	if limit := d.o.MemoryLimit; limit > 0 && int64(bytes) > limit-inUse {
		return nil, fmt.Errorf("%w: there are %d bytes for all", metal.ErrOutOfMemory, limit)
	}
	m, err := newSharedMemory(bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrOutOfMemory, err)
	}
	d.nextID++
	return &memory{m, d, d.nextID, bytes}, nil
}

// Bytes is nil, as on a GPU with memory of its own: callers must copy.
func (m *memory) Bytes() []byte { return nil }

func (m *memory) Write(offset int, data []byte) error {
	copy(m.bytes[offset:], data)
	return nil
}

func (m *memory) Read(offset int, data []byte) error {
	copy(data, m.bytes[offset:])
	return nil
}

// Free gives the memory back, here and in the child.
func (m *memory) Free() {
	if m.d.host != nil {
		m.d.host.unmap(m.id)
	}
	m.close()
}
