package cpu

import (
	"fmt"
	"sync"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
)

// memory makes buffers, counts them and refuses more than the limit. Scratch
// memory of programs counts against the limit, not in the usage reported.
type memory struct {
	mu                     sync.Mutex
	limit                  int64
	current, peak, scratch int64
	live                   map[*buffer]struct{}
}

// newBuffer maps zeroed, prefaulted memory with room behind it for the
// overreads of the assembly.
func (m *memory) newBuffer(bytes int) (*buffer, error) { return m.make(bytes, false) }

// newScratch is newBuffer for the device's own use.
func (m *memory) newScratch(bytes int) (*buffer, error) { return m.make(bytes, true) }

func (m *memory) make(bytes int, scratch bool) (*buffer, error) {
	if bytes <= 0 {
		return nil, fmt.Errorf("buffer of %d bytes: size must be positive", bytes)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if free := min(m.limit-m.current-m.scratch, availableMemory()); int64(bytes) > free {
		return nil, fmt.Errorf("buffer of %d bytes: %w: %d bytes are free and %d in use; release buffers or choose a smaller case",
			bytes, metal.ErrOutOfMemory, max(free, 0), m.current)
	}
	mapping, data, err := mapMemory(bytes, simd.Overread)
	if err != nil {
		return nil, fmt.Errorf("buffer of %d bytes: %w: %w", bytes, metal.ErrOutOfMemory, err)
	}
	b := &buffer{owner: m, mapping: mapping, data: data, scratch: scratch}
	if m.live == nil {
		m.live = make(map[*buffer]struct{})
	}
	m.live[b] = struct{}{}
	m.count(b, int64(bytes))
	return b, nil
}

func (m *memory) release(b *buffer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.data == nil {
		return
	}
	m.count(b, -int64(len(b.data)))
	delete(m.live, b)
	unmapMemory(b.mapping)
	b.mapping, b.data = nil, nil
}

func (m *memory) count(b *buffer, delta int64) {
	if b.scratch {
		m.scratch += delta
		return
	}
	m.current += delta
	m.peak = max(m.peak, m.current)
}

func (m *memory) releaseAll() {
	m.mu.Lock()
	live := make([]*buffer, 0, len(m.live))
	for b := range m.live {
		live = append(live, b)
	}
	m.mu.Unlock()
	for _, b := range live {
		m.release(b)
	}
}

func (m *memory) usage() metal.Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return metal.Memory{Current: m.current, Peak: m.peak}
}
