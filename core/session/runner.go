package session

import (
	"context"
	"sync"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/record"
)

// stopTimeout is how long a plugin may take to end before it is killed,
// interruptTimeout the same where somebody waits for the end of the session.
const (
	stopTimeout      = 5 * time.Second
	interruptTimeout = 500 * time.Millisecond
)

// runner does the steps of one experiment.
type runner struct {
	s        *Session
	config   *config.Experiment
	plan     plan
	programs *programs
	doc      *record.Result
	live     []*live
	now      at        // what is under way, for the report of a failure
	since    time.Time // that it is
}

// live is a process of the round under way.
type live struct {
	arms []string
	proc *process.Process
}

// at is where in an experiment a step acts.
type at struct {
	caseID  string
	round   int // number of the case's rounds, from 1
	variant string
	phase   string
	stage   string
	trial   bool // the step's intent is journaled already
}

// Stages of a round, as failures name them.
const (
	stageStart     = "start"
	stageOpen      = "open"
	stagePrepare   = "prepare"
	stageWarmUp    = "warm-up"
	stageYardstick = "yardstick"
	stageVisit     = "visit"
	stageWait      = "wait"
	stageRelease   = "release"
	stagePropose   = "propose"
	stageCooldown  = "cooldown"
)

func (r round) at(stage, arm, phase string) at {
	return at{caseID: r.c.ID, round: r.number, variant: arm, phase: phase, stage: stage}
}

// run does steps until the experiment is concluded. What goes wrong in a plugin
// is an event like others; the error is for what ends the session.
func (r *runner) run(ctx context.Context) error {
	defer r.stopAll(ctx)
	for {
		if r.doc.OutOfBudget() { // what was measured is judged; a resumed session goes on
			return r.conclude(ctx)
		}
		step := next(r.doc, r.plan)
		if step == nil {
			return nil
		}
		if _, last := step.(conclude); !last && ctx.Err() != nil {
			return ctx.Err()
		}
		r.now = at{}
		if err := step.do(ctx, r); err != nil {
			if err := r.fail(ctx, err); err != nil {
				return err
			}
		}
	}
}

// emit journals what was done, then folds it into the document: what the document
// holds is on disk.
func (r *runner) emit(data record.Data) error {
	e, err := r.s.append(r.config.Name, data)
	if err != nil {
		return err
	}
	if err := r.s.ledger.Apply(e); err != nil {
		return err
	}
	r.s.Report(e, r.doc)
	return nil
}

// begin says what is under way from now on.
func (r *runner) begin(a at, detail string, visit int) error {
	r.now, r.since = a, r.s.Clock.Now()
	return r.emit(record.StepEvent{
		Case: a.caseID, Round: a.round, Variant: a.variant, Phase: a.phase, Stage: a.stage, Detail: detail, Visit: visit, Limit: r.limit(a.stage),
	})
}

// limit is how long a stage may take; 0: that hangs on more than the measure block.
func (r *runner) limit(stage string) int64 {
	switch m := r.doc.Experiment.Measure; stage {
	case stageStart, stageOpen:
		return m.Start
	case stagePrepare, stageRelease:
		return m.Prepare
	case stageVisit: // each sample of it
		return m.Sample
	}
	return 0
}

// took is how long the work under way has taken.
func (r *runner) took() int64 { return r.s.Clock.Now().Sub(r.since).Nanoseconds() }

// round is the round under way.
func (r *runner) round() round {
	c := openCase(r.doc)
	return roundOf(r.doc, c, openRound(c), len(r.plan.cases))
}

// process is the one that measures an arm, nil if none does.
func (r *runner) process(arm string) *process.Process {
	for _, l := range r.live {
		for _, a := range l.arms {
			if a == arm {
				return l.proc
			}
		}
	}
	return nil
}

// observe watches the machine while an arm is measured; what it returns ends
// that.
func (r *runner) observe(arm string) func() record.Observation {
	pid, idle := 0, []int{}
	measuring := r.process(arm)
	for _, l := range r.live {
		if l.proc == measuring {
			pid = l.proc.PID()
		} else {
			idle = append(idle, l.proc.PID())
		}
	}
	return r.s.Observe(pid, idle)
}

// stopAll ends the processes, side by side: each has a device to close. How they
// end no longer matters: what they measured is in the journal.
func (r *runner) stopAll(ctx context.Context) {
	var ending sync.WaitGroup
	for _, l := range r.live {
		ending.Go(func() { end(ctx, l.proc) })
	}
	ending.Wait()
	r.live = nil
}

func end(ctx context.Context, p *process.Process) {
	limit := stopTimeout
	if ctx.Err() != nil {
		limit = interruptTimeout
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	p.Stop(ctx)
}
