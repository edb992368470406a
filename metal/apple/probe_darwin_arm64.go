package apple

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// Copies runs n whole copies in one command buffer and returns the GPU's time.
func (d *device) Copies(ctx context.Context, to, from front.Memory, bytes, n int) (time.Duration, error) {
	defer d.b.pool()()
	c := d.b.msg(d.queue, sel.commandBuffer)
	encoder := d.b.msg(c, sel.blitEncoder)
	if encoder == 0 {
		return 0, fmt.Errorf("apple: %w: the queue gives no blit encoder", metal.ErrLost)
	}
	for range n {
		d.b.msg(encoder, sel.copyBuffer, from.(*memory).id, 0, to.(*memory).id, 0, uintptr(bytes))
	}
	d.b.msg(encoder, sel.endEncoding)
	d.b.msg(c, sel.commit)
	if err := d.await(ctx, c, []string{"copy"}); err != nil {
		return 0, err
	}
	start, end := d.span(c)
	if end <= start {
		return 0, fmt.Errorf("apple: the GPU tells no times")
	}
	return duration(end - start), nil
}
