package sdk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assay-bench/assay/metal"
)

// timed is a phase of a prepared configuration while the process lives.
type timed struct {
	Timed
	name   string
	now    func() time.Time
	device metal.Device
	ran    int  // iterations, the one before timing included
	fresh  bool // nothing has run since outputs were spoiled for the first time
}

// times of the visit that is under way, of which samples and calls are held
// against each other.
type visitTimes struct {
	samples, calls time.Duration
}

// Slack of two clocks, and of a process that waits for its turn on a processor.
const (
	clockSlack = 50 * time.Microsecond
	turnSlack  = 100 * time.Millisecond
)

// unfit says what is wrong with how a phase was filled in.
func (t *timed) unfit() error {
	ways := 0
	for _, set := range []bool{t.Run != nil, t.Program != nil, t.OwnTimes != nil} {
		if set {
			ways++
		}
	}
	switch {
	case ways != 1:
		return fmt.Errorf("phase %q: Prepare gives %d of Run, Program and OwnTimes; want one", t.name, ways)
	case t.Partial && t.OwnTimes == nil:
		return fmt.Errorf("phase %q: Prepare gives Partial without OwnTimes", t.name)
	case t.Rotation < 0:
		return fmt.Errorf("phase %q: Prepare gives a rotation of %d iterations; want 0 or more", t.name, t.Rotation)
	}
	return nil
}

// run does n iterations and takes their time, between two moments at which the
// device has nothing to do.
func (t *timed) run(ctx context.Context, n int, visit *visitTimes) (times Times, err error) {
	if p, ok := t.Program.(metal.Readier); ok {
		if err := p.Ready(n); err != nil {
			return times, err
		}
	}
	if err := t.synchronize(ctx); err != nil {
		return times, err
	}
	begin := t.now()
	switch {
	case t.Run != nil:
		err = t.Run(ctx, n)
	case t.Program != nil:
		times, err = t.Program.Run(ctx, n)
	default:
		times, err = t.OwnTimes(ctx, n)
	}
	if err == nil {
		err = t.synchronize(ctx)
	}
	call := t.now().Sub(begin)
	if err != nil {
		return times, err
	}
	t.ran += n
	t.fresh = false
	if t.OwnTimes == nil {
		times.Wall = call
	}
	visit.samples += min(times.Wall, 1<<62-visit.samples) // no sum of times overflows
	visit.calls += call
	return times, t.implausible(times, visit)
}

func (t *timed) synchronize(ctx context.Context) error {
	if t.Synchronize != nil {
		return t.Synchronize(ctx)
	}
	if d, ok := t.device.(interface{ Synchronize(context.Context) error }); ok {
		return d.Synchronize(ctx)
	}
	return nil
}

// implausible names two times that cannot both be true.
func (t *timed) implausible(x Times, visit *visitTimes) error {
	longer := func(a, b time.Duration) bool { return a-b > b/100+clockSlack }
	switch {
	case x.Wall <= 0:
		return fmt.Errorf("a wall time of %v; it is a sample only above 0", x.Wall)
	case x.Device < 0 || x.Encode < 0:
		return fmt.Errorf("a device time of %v and an encode time of %v; want 0 for unknown, or more", x.Device, x.Encode)
	case longer(x.Device, x.Wall):
		return fmt.Errorf("a device time of %v is longer than the wall time of %v that contains it", x.Device, x.Wall)
	case longer(x.Encode, x.Wall):
		return fmt.Errorf("an encode time of %v is longer than the wall time of %v that contains it", x.Encode, x.Wall)
	case longer(visit.samples, visit.calls):
		return fmt.Errorf("times of a visit: OwnTimes says %v, and its calls took %v: the times are longer than the calls that they are of", visit.samples, visit.calls)
	case t.OwnTimes != nil && !t.Partial && visit.samples < visit.calls/4 && visit.calls-visit.samples > turnSlack:
		return fmt.Errorf("times of a visit: OwnTimes says %v, and its calls took %v: take the time after the work has ended, or say Partial if the calls do more than the phase", visit.samples, visit.calls)
	}
	return nil
}

// ready runs and verifies the first iteration.
func (t *timed) ready(ctx context.Context, into *verified) error {
	if t.Verify == nil {
		return nil
	}
	if _, err := t.run(ctx, 1, &visitTimes{}); err != nil {
		return fmt.Errorf("%s: first iteration: %w", t.name, err)
	}
	if err := t.verify(ctx, into); err != nil {
		return err
	}
	t.fresh = true
	return t.spoil()
}

// after verifies the iteration that ran last. A phase that was never timed runs
// once, because its outputs are spoiled.
func (t *timed) after(ctx context.Context, into *verified) error {
	if t.Verify == nil {
		return nil
	}
	if t.fresh {
		if _, err := t.run(ctx, 1, &visitTimes{}); err != nil {
			return fmt.Errorf("%s: last iteration: %w", t.name, err)
		}
	}
	return t.verify(ctx, into)
}

// verified collects what the phases' Verify finds.
type verified struct {
	checks  []Check
	metrics map[string]float64
}

// verify adds a phase's checks, its name before theirs, and metrics.
func (t *timed) verify(ctx context.Context, into *verified) error {
	found, values, err := t.Verify(ctx, (t.ran-1)%max(t.Rotation, 1))
	if err != nil {
		return fmt.Errorf("%s: verify: %w", t.name, err)
	}
	for _, c := range found {
		c.Name = t.name + " " + c.Name
		into.checks = append(into.checks, c)
	}
	for name, v := range values {
		into.metrics[name] = v
	}
	return nil
}

// spoil overwrites the outputs.
func (t *timed) spoil() error {
	var err error
	for _, a := range t.Outputs {
		err = errors.Join(err, spoil(a.Buffer))
	}
	if t.Spoil != nil {
		err = errors.Join(err, t.Spoil())
	}
	if err != nil {
		return fmt.Errorf("%s: spoil outputs: %w", t.name, err)
	}
	return nil
}

// nans are the bytes of NaN in every type of float.
var nans = slices.Repeat([]byte{0xff}, 1<<16)

func spoil(b metal.Buffer) error {
	for at := 0; at < b.Len(); at += len(nans) {
		if err := b.Write(at, nans[:min(len(nans), b.Len()-at)]); err != nil {
			return err
		}
	}
	return nil
}
