package session

import (
	"context"
	"fmt"
	"slices"
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
	// repeatsPerVisit bounds how often one contaminated visit is made again.
	repeatsPerVisit = 6
	// A quiet moment is waited for, in one round, for up to quietShare of what
	// its planned visits take, and quietWait at most: a machine that is never
	// quiet costs so much and not more.
	quietShare = 4
	quietWait  = 4 * time.Second
	// coolDown is a pause after which an arm is warmed up again; after a shorter
	// one the first samples of the visit do that.
	coolDown = 200 * time.Millisecond
)

// cleanVisit visits an arm and, while the visit is contaminated, waits for a
// quiet moment and visits it again in the same place of the order.
// Every visit is kept; all but the cleanest are marked as superseded. A round
// makes at most as many repetitions as it has planned visits, so that a machine
// that is never quiet costs twice the time and not more.
func (r *round) cleanVisit(ctx context.Context, a *arm, phase string, pass int) error {
	var best *record.Visit
	for try := 0; ; try++ {
		v, err := r.visit(ctx, a, phase, pass)
		if err != nil {
			return err
		}
		worse := best
		if best == nil || dirt(v) < dirt(best) {
			best = v
		} else {
			worse = v
		}
		if worse != nil {
			if err := r.supersede(worse); err != nil {
				return err
			}
		}
		if !v.Contaminated || try == repeatsPerVisit || r.repeats >= r.planned() {
			return nil
		}
		r.repeats++
		r.total++
		if r.awaitQuiet(ctx, a, phase) < coolDown {
			continue
		}
		if err := r.warmUp(ctx, a, phase); err != nil {
			return err
		}
	}
}

// planned is how many visits the round makes if none is made again.
func (r *round) planned() int { return r.total - r.repeats }

// disturbed says that a visit of this round stayed contaminated.
func (r *round) disturbed() bool {
	return slices.ContainsFunc(r.document().Rounds[r.number-1].Visits, func(v record.Visit) bool {
		return v.Contaminated && !v.Superseded
	})
}

// again says whether a disturbed round is measured again; it is kept but does
// not count. On a machine that is never quiet a case gets as many of these as it
// may have rounds, within the budget; after that disturbed rounds count, and the
// control tells what they are worth.
func (k *caseRun) again() bool {
	looks := k.result.Plan.Looks
	if k.requeued >= looks[len(looks)-1].Rounds || k.overBudget(1) {
		return false
	}
	k.requeued++
	return true
}

// dirt orders visits by how much was taken from them.
func dirt(v *record.Visit) float64 { return v.Observed.WaitShare + v.Observed.Steal }

// supersede marks a visit that a cleaner one stands in for.
func (r *round) supersede(v *record.Visit) error {
	v.Superseded = true
	return r.emit(record.KindVisit, record.VisitEvent{Case: r.config.ID, Round: r.number, Visit: *v})
}

// awaitQuiet waits until other programs leave the cores alone, while the
// round's allowance lasts, and says how long that took.
func (r *round) awaitQuiet(ctx context.Context, a *arm, phase string) (waited time.Duration) {
	r.at("waiting for other programs", a, phase)
	began := time.Now()
	defer func() {
		waited = time.Since(began)
		r.waited += waited
		r.result.Session.Overhead.Quiet += waited.Nanoseconds()
	}()
	allowance := min(quietWait, quietShare*time.Duration(r.planned())*r.experiment.config.Measure.Visit)
	for r.waited+time.Since(began) < allowance && ctx.Err() == nil {
		observed := r.Observe(r.proc.PID())
		select {
		case <-ctx.Done():
		case <-r.proc.Exited():
			return
		case <-time.After(50 * time.Millisecond):
		}
		if observed().ForeignLoad <= machine.QuietLoad {
			return
		}
	}
	return
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
