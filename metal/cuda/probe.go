package cuda

import (
	"context"
	"time"

	"github.com/assay-bench/assay/metal/internal/front"
)

// Copies times n copies within GPU memory.
func (d *device) Copies(ctx context.Context, to, from front.Memory, bytes, n int) (time.Duration, error) {
	defer d.enter()()
	if err := d.mark(0); err != nil {
		return 0, err
	}
	for range n {
		if err := d.check("cuMemcpyDtoDAsync", d.cu.MemcpyDtoDAsync.call(
			to.(*memory).at, from.(*memory).at, uintptr(bytes), d.stream)); err != nil {
			return 0, err
		}
	}
	if err := d.mark(1); err != nil {
		return 0, err
	}
	if err := d.await(ctx, d.events[1]); err != nil {
		return 0, err
	}
	return d.elapsed()
}
