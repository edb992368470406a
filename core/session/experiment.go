package session

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// experiment is one experiment being measured.
type experiment struct {
	*Session
	config  *config.Experiment
	plugin  *Plugin
	result  *record.Result
	seed    uint64
	started time.Time
	cases   int     // finished
	rate    float64 // copy bandwidth of the device, 0: not known
}

func (s *Session) runExperiment(ctx context.Context, e *config.Experiment, before []*record.Result) (*record.Result, error) {
	x := &experiment{Session: s, config: e, started: time.Now(), seed: e.Measure.Seed}
	if x.seed == 0 {
		x.seed = s.Seed
	}
	var err error
	if x.plugin, err = s.Plugins(e.Plugin); err != nil {
		return nil, fmt.Errorf("experiment %q: %w", e.Name, err)
	}
	if x.result, err = x.newResult(ctx); err != nil {
		return nil, fmt.Errorf("experiment %q: %w", e.Name, err)
	}
	if err := s.journal.Append(e.Name, record.KindExperiment, x.result); err != nil {
		return nil, err
	}
	run, err := x.wanted(before)
	if err != nil {
		return nil, fmt.Errorf("experiment %q: %w", e.Name, err)
	}
	if !run {
		return x.skip(ctx), nil
	}
	x.rate = s.copyRate(ctx, e.Kind)
	for i := range e.Cases {
		if err = x.runCase(ctx, &e.Cases[i]); err != nil {
			break
		}
		x.cases++
	}
	if len(x.result.Failures) > 0 && err == nil {
		err = x.probe(ctx)
	}
	// What was measured is judged and written even when the user or a full
	// disk ended it.
	if cerr := x.conclude(context.WithoutCancel(ctx)); err == nil {
		err = cerr
	}
	return x.result, err
}

// probe asks how the device is after failures, before anything else runs on it.
func (x *experiment) probe(ctx context.Context) error {
	if x.Probe == nil {
		return nil
	}
	p := record.Probe{Kind: cmp.Or(x.result.Metadata.Device.Kind, x.config.Kind)}
	err := x.Probe(ctx, p.Kind)
	if ctx.Err() != nil { // the user ended it, not the device
		return ctx.Err()
	}
	if p.Healthy = err == nil; !p.Healthy {
		p.Message = err.Error()
	}
	p.Time = time.Now().UTC()
	return x.emit(record.KindProbe, p)
}

// emit journals data and then folds it into the document: what the document
// holds is on disk.
func (x *experiment) emit(kind string, data any) error {
	if err := x.journal.Append(x.config.Name, kind, data); err != nil {
		return err
	}
	return x.result.Apply(data)
}

func (x *experiment) report(e Event) {
	e.Experiment = x.config.Name
	x.Report(e)
}

func (x *experiment) runCase(ctx context.Context, c *config.Case) error {
	k := &caseRun{experiment: x, config: c, perIteration: map[armPhase]float64{}}
	if err := k.open(); err != nil {
		return err
	}
	err := k.measure(ctx)
	if err == nil && k.dead == "" {
		err = k.search(ctx)
	}
	if serr := k.settle(err == nil && ctx.Err() == nil); err == nil {
		err = serr
	}
	return err
}
