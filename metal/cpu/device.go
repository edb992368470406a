package cpu

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/internal/front"
)

// device is the backend.
type device struct {
	tier   simd.Tier
	pool   *pool
	limit  int64 // bytes of memory, scratch included
	used   int64 // of them
	submit arena // scratch of Submit, kept between calls
}

func (d *device) Info() metal.Info { return describe(d) }

// Lost is nil always: a twin that goes wrong leaves the device as it was.
func (d *device) Lost() error { return nil }

func (d *device) Compile(context.Context, metal.Source) (front.Library, error) {
	return library{}, nil
}

func (d *device) Allocate(bytes int, _ int64) (front.Memory, error) { return d.allocate(bytes) }

// allocate maps zeroed, prefaulted memory with room behind it for the overreads
// of the assembly.
func (d *device) allocate(bytes int) (*memory, error) {
	if free := min(d.limit-d.used, availableMemory()); int64(bytes) > free {
		return nil, fmt.Errorf("%w: %d bytes are free; release buffers or choose a smaller case", metal.ErrOutOfMemory, max(free, 0))
	}
	mapping, data, err := mapMemory(bytes, simd.Overread)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrOutOfMemory, err)
	}
	d.used += int64(bytes)
	return &memory{d, mapping, data}, nil
}

// Close stops the workers and unmaps everything.
func (d *device) Close(free func()) error {
	d.pool.close()
	free()
	d.submit.release()
	return nil
}
