package session

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// requiredLook is how often the machine is looked at while a round waits for it
// to be as the experiment requires.
const requiredLook = time.Second

// awaitRequired waits before a round until the machine is as the experiment
// requires, as long as the experiment allows. Then the round goes on, and its
// visits say what they were measured outside of.
type awaitRequired struct{ at }

func (s awaitRequired) do(ctx context.Context, r *runner) error {
	if err := r.begin(s.at, "", 0); err != nil {
		return err
	}
	wait := time.Duration(r.doc.Experiment.Measure.Require.Wait)
	var missing []condition
	for told := false; ; told = true {
		missing = r.unmet(ctx, r.observeLoad(ctx))
		if !changeable(missing) || time.Duration(r.took()) >= wait || ctx.Err() != nil {
			break
		}
		if !told {
			if err := r.emit(record.StepEvent{Case: s.caseID, Round: s.round, Stage: s.stage, Detail: strings.Join(texts(missing), "; ")}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
		case <-r.s.Clock.After(min(requiredLook, wait-time.Duration(r.took()))):
		}
	}
	return r.emit(record.WaitEvent{Case: s.caseID, Round: s.round, Wait: record.Wait{For: record.WaitRequired, Unmet: texts(missing), Ns: r.took()}})
}

// observeLoad watches other programs for a moment, if something is required of them.
func (r *runner) observeLoad(ctx context.Context) record.Observation {
	if r.doc.Experiment.Measure.Require.MaxForeignLoad == nil {
		return record.Observation{}
	}
	observed := r.s.Observe(os.Getpid(), nil)
	select {
	case <-ctx.Done():
	case <-r.s.Clock.After(quietLook):
	}
	return observed()
}

// condition is one that is not met. One that cannot be read never will be, so that
// nothing waits for it.
type condition struct {
	text    string
	unknown bool
}

func texts(list []condition) (out []string) {
	for _, c := range list {
		out = append(out, c.text)
	}
	return out
}

func changeable(list []condition) bool {
	for _, c := range list {
		if c.unknown {
			return false
		}
	}
	return len(list) > 0
}

// unmet lists what the experiment requires and the machine is not now, the clock
// left out: that of a machine without work says nothing.
func (r *runner) unmet(ctx context.Context, o record.Observation) (out []condition) {
	q := r.doc.Experiment.Measure.Require
	if q == nil {
		return nil
	}
	if q.Power != "" || q.Thermal != "" {
		e := r.s.Environment(ctx)
		out = append(out, word("power", e.PowerSource, q.Power)...)
		out = append(out, word("thermal", e.ThermalState, q.Thermal)...)
	}
	switch {
	case q.MaxForeignLoad == nil:
	case o.LoadUnknown:
		out = append(out, condition{"the load of other programs is not known", true})
	case o.ForeignLoad > *q.MaxForeignLoad:
		out = append(out, condition{fmt.Sprintf("other programs keep %.2g cores busy, and %.2g are allowed", o.ForeignLoad, *q.MaxForeignLoad), false})
	}
	return out
}

func word(name, is, required string) []condition {
	switch {
	case required == "" || is == required:
		return nil
	case is == "":
		return []condition{{fmt.Sprintf("%s cannot be read here, and %s is required", name, required), true}}
	}
	return []condition{{fmt.Sprintf("%s is %s, and %s is required", name, is, required), false}}
}

// outside says what a visit that just ended was measured outside of.
func (r *runner) outside(ctx context.Context, o record.Observation) []string {
	out := texts(r.unmet(ctx, o))
	q := r.doc.Experiment.Measure.Require
	if q == nil || q.MinClock == 0 {
		return out
	}
	switch highest := max(highestClock(r.doc), o.MHzBefore, o.MHzAfter); {
	case o.MHzAfter == 0:
		out = append(out, "the clock cannot be read here")
	case o.MHzAfter < q.MinClock*highest:
		out = append(out, fmt.Sprintf("the clock was at %.0f %% of the highest seen, and %.0f %% are required", 100*o.MHzAfter/highest, 100*q.MinClock))
	}
	return out
}

// highestClock of the experiment so far, in MHz.
func highestClock(d *record.Result) (mhz float64) {
	for i := range d.Cases {
		for k := range d.Cases[i].Rounds {
			x := &d.Cases[i].Rounds[k]
			for j := range x.Visits {
				mhz = max(mhz, x.Visits[j].Observed.MHzBefore, x.Visits[j].Observed.MHzAfter)
			}
		}
	}
	return mhz
}
