package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// beginRound opens a round: arms, seed and orders are fixed before anything is
// measured.
type beginRound struct {
	caseID string
	arms   []string
	goal   int    // counted rounds wanted
	race   string // select block whose finalists run it; empty: a round of the case
}

func (s beginRound) do(ctx context.Context, r *runner) error {
	c, m := openCase(r.doc), r.doc.Experiment.Measure
	before, seeded := c.Rounds, "inputs"
	if s.race != "" {
		before, seeded = c.RaceOf(s.race).Rounds, "inputs of race "+s.race // fresh ones
	}
	index, attempt := record.Counted(before)+1, 1
	for i := range before {
		if before[i].Index == index {
			attempt++
		}
	}
	x := record.Round{
		Index: index, Attempt: attempt, Started: r.s.Clock.Now().UTC(), Seed: derive(r.doc.Session.Seed, s.caseID, seeded, index),
		Order: map[string][]string{}, Before: r.s.Environment(ctx), Arms: s.arms, Processes: []record.Process{}, Prepared: []record.Prepared{},
		Warmups: []record.Warmup{}, Visits: []record.Visit{}, Released: []record.Released{},
	}
	for _, phase := range m.Phases {
		x.Order[phase] = order(s.caseID, &x, phase, 0)
	}
	return r.emit(record.RoundBeginEvent{
		Case: s.caseID, Round: x, Number: c.Begun() + 1, Goal: s.goal, Race: s.race, Total: roundOf(r.doc, c, &x, 0).planned(),
		ETA: eta(r.doc, c, len(r.plan.cases), s.goal).Nanoseconds(),
	})
}

// endRound ends the processes of a round and says whether it counts.
type endRound struct{ at }

func (s endRound) do(ctx context.Context, r *runner) error {
	r.stopAll(ctx)
	x := r.round()
	e := record.RoundEndEvent{Case: s.caseID, Round: s.round, Ended: r.s.Clock.Now().UTC(), After: r.s.Environment(ctx), Goal: r.goal(x.c)}
	e.CountedBy = record.Counted(rounds(x.c))
	var changes []string
	if !failed(r.doc, x.c, s.round) {
		changes = r.s.changes(r.doc, x.c.Variants)
	}
	switch {
	case failed(r.doc, x.c, s.round) && dead(r.doc, x.c) != "": // the case ends here
	case failed(r.doc, x.c, s.round):
		e.Again = "a plugin failed"
	case len(changes) > 0:
		e.Again = "a file that its arms name has changed"
	case !x.whole():
		e.Again = "the session ended in the middle of it, and no pass of some phase is whole"
	case x.disturbed() && x.mayRepeat():
		e.Disturbed, e.Again = true, x.disturbance()
	default:
		e.Disturbed, e.Counted = x.disturbed(), true
		e.CountedBy++
	}
	e.ETA = eta(r.doc, x.c, len(r.plan.cases), e.Goal).Nanoseconds()
	if err := r.emit(e); err != nil || len(changes) == 0 {
		return err
	}
	return r.changed(s.at, changes)
}

// changed ends the session, because further rounds would be of another program
// than those before.
func (r *runner) changed(at at, changes []string) error {
	text := fmt.Sprintf("case %q, round %d: files changed while it was measured, so that it does not count:\n  %s",
		at.caseID, at.round, strings.Join(changes, "\n  "))
	return errors.Join(r.note(text), &OtherSetup{text + "\nPut it back and go on with `assay resume`, or measure anew with `assay run`"})
}

// goal is how many counted rounds are wanted for now.
func (r *runner) goal(c *record.Case) int {
	if x := under(c); x != nil {
		return x.Goal
	}
	if goal, more := measuringUpTo(r.doc, c); more || len(c.Searches) == 0 {
		return goal
	}
	return c.Searches[len(c.Searches)-1].Goal
}

// disturbed says that a visit of this round stayed contaminated.
func (r round) disturbed() bool {
	return slices.ContainsFunc(r.x.Visits, func(v record.Visit) bool { return v.Contaminated && !v.Superseded })
}

// mayRepeat says whether a disturbed round is measured again; it is kept but does
// not count. On a machine that is never quiet a case, and a race, gets as many of
// these as it may have rounds, within the budget; after that disturbed rounds count, and the
// control tells what they are worth.
func (r round) mayRepeat() bool {
	looks := r.d.Plan.Looks
	most := looks[len(looks)-1].Rounds
	if x := under(r.c); x != nil {
		most = x.Goal
	}
	return repeated(rounds(r.c)) < most && !overBudget(r.d, r.c, r.cases, 1, len(r.x.Arms))
}

// whole says that every arm can be compared in every phase. Only a round that a
// session's end cut may have no pass left for that.
func (r round) whole() bool {
	if len(r.x.Joints) == 0 {
		return true
	}
	for _, phase := range r.d.Experiment.Measure.Phases {
		for _, arm := range r.x.Arms {
			if _, ok := r.x.LogRatio(r.c.Variants[0].Name, arm, phase); !ok {
				return false
			}
		}
	}
	return true
}
