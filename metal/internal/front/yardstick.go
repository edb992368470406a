package front

import (
	"context"

	"github.com/assay-bench/assay/metal"
)

var _ metal.Yardsticker = (*Device)(nil)

// Yardstick implements metal.Yardsticker: by the backend, or with kernels. What it
// allocates and dispatches counts neither as memory in use nor as dispatched.
func (d *Device) Yardstick(ctx context.Context, y metal.Yardstick) (metal.Moved, error) {
	if err := d.usable(); err != nil {
		return metal.Moved{}, err
	}
	if own, ok := d.backend.(metal.Yardsticker); ok {
		return own.Yardstick(ctx, y)
	}
	peak, counted := d.memory.Peak, d.counts
	d.counts = counts{}
	defer func() { d.memory.Peak, d.counts = peak, counted }()
	return d.yardstick.Measure(ctx, d, y)
}
