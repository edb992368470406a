package session

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/record"
)

const (
	// waitLimit is how many cores the plugin's computing threads may have
	// wanted and not had before a visit counts as contaminated by other
	// programs. Measured with both of two cores in use, visits of 24 ms and
	// eight samples: up to 0.5 beside nothing but the plugin's own connection
	// and the host, 0.7 to 1.3 beside one busy program. Up to 0.7 a visit's
	// fastest sample is 1 to 3 % slower than in other visits, which the median
	// over the passes takes; beyond that it is 5 %, one in four 16 %.
	waitLimit = 0.7
	// stealLimit is how much of a core the hypervisor may take; the kernel
	// counts it in ticks, so that small shares cannot be told from none.
	stealLimit = 0.25
	// A quiet moment is waited for, in one round, for up to quietShare of what
	// its planned visits take, and quietWait at most: a machine that is never
	// quiet costs so much and not more.
	quietShare = 4
	quietWait  = 4 * time.Second
	// quietLook is how long the machine is watched before it is called quiet.
	quietLook = 50 * time.Millisecond
)

// awaitQuiet waits until other programs leave the cores alone, while the
// round's allowance lasts.
type awaitQuiet struct {
	at
	visit     int
	allowance time.Duration
}

func (s awaitQuiet) do(ctx context.Context, r *runner) error {
	if err := r.begin(s.at, "", 0); err != nil {
		return err
	}
	busy := func() []record.Busy { return nil }
	if r.s.Others != nil {
		busy = r.s.Others()
	}
	for time.Duration(r.took()) < s.allowance && ctx.Err() == nil {
		var exited <-chan struct{}
		var observed func() record.Observation
		if p := r.process(s.variant); p != nil {
			exited, observed = p.Exited(), r.observe(s.variant)
		} else { // in turns nothing lives between visits
			observed = r.s.Observe(os.Getpid(), nil)
		}
		select {
		case <-ctx.Done():
		case <-exited: // the visit will say so
			return r.waited(s, busy())
		case <-r.s.Clock.After(quietLook):
		}
		if o := observed(); o.ForeignLoad <= machine.QuietLoad && !changeable(r.unmet(ctx, o)) {
			break
		}
	}
	return r.waited(s, busy())
}

func (r *runner) waited(s awaitQuiet, busy []record.Busy) error {
	return r.emit(record.WaitEvent{Case: s.caseID, Round: s.round, Wait: record.Wait{Visit: s.visit, Busy: names(busy), Ns: r.took()}})
}

// names are those of programs.
func names(busy []record.Busy) (out []string) {
	for _, b := range busy {
		out = append(out, b.Name)
	}
	return out
}

// allowance is what is left for waiting in this round.
func (r round) allowance() time.Duration {
	var waited time.Duration
	for _, w := range r.x.Waits {
		if w.For == "" {
			waited += time.Duration(w.Ns)
		}
	}
	all := min(quietWait, quietShare*time.Duration(r.planned())*time.Duration(r.d.Experiment.Measure.Visit))
	return all - waited
}

// contamination names what makes a visit's times doubtful.
func contamination(o record.Observation) []string {
	var why []string
	if o.WaitShare > waitLimit {
		why = append(why, fmt.Sprintf("the plugin wanted %.0f %% of a core more than it got: other programs ran", 100*o.WaitShare))
	}
	if o.Steal > stealLimit {
		why = append(why, fmt.Sprintf("the hypervisor took %.0f %% of a core away", 100*o.Steal))
	}
	return why
}
