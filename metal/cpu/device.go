package cpu

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
)

// device implements metal.Device.
type device struct {
	tier   simd.Tier
	pool   *pool
	mem    memory
	submit arena // scratch of Submit, kept between calls
	closed bool
}

func (d *device) Info() metal.Info { return describe(d) }

func (d *device) NewBuffer(bytes int) (metal.Buffer, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	return d.mem.newBuffer(bytes)
}

func (d *device) Compile(ctx context.Context, src metal.Source) (metal.Library, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("compile %s: %w", src.Name, err)
	}
	return library{}, nil
}

func (d *device) Memory() metal.Memory { return d.mem.usage() }

// Close stops the workers and unmaps every buffer.
func (d *device) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	d.pool.close()
	d.mem.releaseAll()
	return nil
}

func (d *device) alive() error {
	if d.closed {
		return fmt.Errorf("cpu device: %w: it was closed", metal.ErrLost)
	}
	return nil
}
