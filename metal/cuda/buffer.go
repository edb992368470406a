package cuda

import (
	"context"
	"math/rand/v2"
	"unsafe"

	"github.com/assay-bench/assay/metal/internal/front"
)

// memory is on the GPU.
type memory struct {
	d    *device
	at   uintptr // device address
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

// Allocate makes zeroed GPU memory.
func (d *device) Allocate(bytes int, _ int64) (front.Memory, error) { return d.allocate(bytes) }

func (d *device) allocate(bytes int) (*memory, error) {
	defer d.enter()()
	m := &memory{d: d}
	past := placeStep * rand.N(places)
	if err := d.check("cuMemAlloc", d.cu.MemAlloc.call(uintptr(unsafe.Pointer(&m.from)), uintptr(past+bytes))); err != nil {
		return nil, err
	}
	m.at = m.from + uintptr(past)
	err := d.check("cuMemsetD8Async", d.cu.MemsetD8Async.call(m.at, 0, uintptr(bytes), d.stream))
	if err == nil {
		err = d.finish(context.Background())
	}
	if err != nil {
		d.cu.MemFree.call(m.from)
		return nil, err
	}
	return m, nil
}

// Bytes is nil: the host does not see this memory.
func (m *memory) Bytes() []byte { return nil }

// Write copies data to the GPU and waits for it.
func (m *memory) Write(offset int, data []byte) error {
	return m.d.copy("cuMemcpyHtoDAsync", m.d.cu.MemcpyHtoDAsync, m.at+uintptr(offset), uintptr(unsafe.Pointer(&data[0])), len(data))
}

// Read copies from the GPU and waits for it.
func (m *memory) Read(offset int, data []byte) error {
	return m.d.copy("cuMemcpyDtoHAsync", m.d.cu.MemcpyDtoHAsync, uintptr(unsafe.Pointer(&data[0])), m.at+uintptr(offset), len(data))
}

// copy copies n bytes and waits for it. What the addresses were made of stays alive
// and in place until it returns.
//
//go:uintptrescapes
func (d *device) copy(name string, f symbol, to, from uintptr, n int) error {
	defer d.enter()()
	if err := d.check(name, f.call(to, from, uintptr(n), d.stream)); err != nil {
		return err
	}
	return d.finish(context.Background())
}

// Free gives the memory back.
func (m *memory) Free() {
	defer m.d.enter()()
	m.d.cu.MemFree.call(m.from)
}
