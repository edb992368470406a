package session

import (
	"context"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// within begins a round, unless the experiment's part of the session's budget does
// not allow it: a round is taken to last as long as the one before it, and the
// first of a case, whose time nobody knows, may begin as long as anything is left.
func within(d *record.Result, c *record.Case, begin beginRound) step {
	b := d.Session.Budget
	if b != nil && d.Session.Overhead.Wall+roundTime(c, len(begin.arms)).Nanoseconds() > b.Wall {
		return spend{}
	}
	return begin
}

// spend ends the measuring: the document says so, and a resumed session goes on.
type spend struct{}

func (spend) do(_ context.Context, r *runner) error {
	b := *r.doc.Session.Budget
	b.Spent = true
	return r.emit(record.BudgetEvent{Budget: b})
}

// share gives an experiment its part of what is left of the session's budget:
// by the measuring time that each of those left asks for.
func (s *Session) share(r *runner, left []*config.Experiment) error {
	if s.Budget <= 0 {
		return nil
	}
	rest := s.Budget - s.Clock.Now().Sub(s.began)
	all := 0.0
	for _, e := range left {
		if s.Missing(e) {
			all += work(e)
		}
	}
	part := time.Duration(float64(rest) * work(left[0]) / all)
	// A resumed experiment has used time before, which was another budget's.
	return r.emit(record.BudgetEvent{Budget: record.Budget{Wall: r.doc.Session.Overhead.Wall + max(part, 0).Nanoseconds()}})
}

// work is the time that an experiment asks to measure in its first rounds, in
// seconds.
func work(e *config.Experiment) (seconds float64) {
	m := e.Measure
	for i := range e.Cases {
		arms := len(e.Cases[i].Variants) + 1
		visits := 2 * m.Passes * arms * len(e.PhaseNames()) * m.Rounds
		seconds += float64(visits) * (m.Visit + m.Cooldown).Seconds()
	}
	return seconds
}
