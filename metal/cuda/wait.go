package cuda

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// Polling a finished stream costs under a microsecond, so a wait spins for
// longer than a measured run takes; only after that does it give the processor
// back between looks. A sleeping goroutine wakes up to a millisecond late, which
// would count as wall time of the run.
const (
	spin  = time.Second
	pause = 20 * time.Microsecond
)

// await polls until event has happened, ctx ends, or the device's limit passes.
func (d *device) await(ctx context.Context, event uintptr, running ...string) error {
	begin := time.Now()
	for looks := 0; ; looks++ {
		status := d.cu.EventQuery.call(event)
		if result(status) == success {
			metal.Beat(ctx)
			return nil
		}
		if result(status) != notReady {
			return d.check("wait", status, running...)
		}
		waited := time.Since(begin)
		if err := front.Expired(ctx, waited, d.timeout); err != nil {
			if len(running) > 0 {
				err = fmt.Errorf("%s: %w", d.stuck(ctx, running), err)
			}
			d.lost = err
			return err
		}
		if waited > spin {
			time.Sleep(pause)
		} else if looks%64 == 63 {
			runtime.Gosched()
		}
	}
}

// finish waits for all that was submitted.
func (d *device) finish(ctx context.Context, running ...string) error {
	if err := d.check("cuEventRecord", d.cu.EventRecord.call(d.fences[0], d.stream), running...); err != nil {
		return err
	}
	return d.await(ctx, d.fences[0], running...)
}
