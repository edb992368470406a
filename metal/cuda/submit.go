package cuda

import (
	"context"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// Submit launches dispatches one by one and waits.
func (d *device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	var t metal.Times
	defer d.enter()()
	begin := time.Now()
	if err := d.mark(0); err != nil {
		return t, err
	}
	var l launch
	q := queue{d: d}
	for i := range dispatches {
		if err := d.prepare(&l, &dispatches[i]); err != nil {
			return t, d.abandon(ctx, err)
		}
		q.names = append(q.names, l.kernel.name)
		if err := q.launch(ctx, &l); err != nil {
			return t, err
		}
	}
	if err := d.mark(1); err != nil {
		return t, err
	}
	t.Encode = time.Since(begin) - q.waited
	if err := d.await(ctx, d.events[1], q.names...); err != nil {
		return t, err
	}
	t.Wall = time.Since(begin)
	var err error
	t.Device, err = d.elapsed()
	return t, err
}

// abandon waits for what was submitted before an error, so that nothing runs
// behind the caller's back.
func (d *device) abandon(ctx context.Context, err error) error {
	if d.lost == nil {
		_ = d.finish(ctx)
	}
	return err
}

// mark records the start (0) or end (1) of what is timed.
func (d *device) mark(i int) error {
	return d.check("cuEventRecord", d.cu.EventRecord.call(d.events[i], d.stream))
}

// elapsed is the GPU's time between the two marks.
func (d *device) elapsed() (time.Duration, error) {
	var ms float32
	if err := d.check("cuEventElapsedTime", d.cu.EventElapsedTime.call(
		uintptr(unsafe.Pointer(&ms)), d.events[0], d.events[1])); err != nil {
		return 0, err
	}
	return time.Duration(float64(ms) * float64(time.Millisecond)), nil
}
