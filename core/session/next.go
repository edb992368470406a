package session

import (
	"context"

	"github.com/assay-bench/assay/core/record"
)

// step is one thing to do. Doing it tells events, and the document that they
// fold into says what comes next: nothing else is remembered but the processes
// that live.
type step interface {
	do(ctx context.Context, r *runner) error
}

// next says what comes after everything that the document holds: nil when it is
// concluded. It reads the document, changes nothing, and looks at no clock, so
// that a session that was killed goes on where its journal ends.
func next(d *record.Result, p plan) step {
	c := openCase(d)
	switch {
	case d.Status != record.Partial:
		return nil
	case c != nil:
		return nextInCase(d, c, p)
	case len(d.Cases) < len(p.cases):
		return openCaseStep{p.cases[len(d.Cases)]}
	case p.probes && len(d.Failures) > 0 && d.Probe == nil:
		return probe{}
	}
	return conclude{}
}

// nextInCase runs rounds until the judge has seen enough at one of its looks,
// then what the plugin's search asks for, then the races of select blocks.
func nextInCase(d *record.Result, c *record.Case, p plan) step {
	if x := openRound(c); x != nil {
		return nextInRound(d, c, x, len(p.cases))
	}
	if dead(d, c) != "" {
		return endCase{c.ID, ending(d, c)}
	}
	if goal, more := measuringUpTo(d, c); more && record.Counted(c.Rounds) < goal {
		return within(d, c, beginRound{c.ID, living(c, asked), goal, ""})
	} else if more {
		return look{c.ID}
	}
	if !p.search || !d.Experiment.Measure.Search || searched(d, c) {
		return nextRace(d, c)
	}
	if n := len(c.Searches); n > 0 && record.Counted(c.Rounds) < c.Searches[n-1].Goal {
		s := &c.Searches[n-1]
		arms := living(c, func(v *record.Variant) bool { return chosen(s, v) })
		if worthwhile(c, arms) { // else the plugin hears of it with the next ask
			return within(d, c, beginRound{c.ID, arms, s.Goal, ""})
		}
	}
	return ask{c.ID}
}

// measuringUpTo is how many rounds have to count before the next look. more is
// false when a look has ended the measuring.
func measuringUpTo(d *record.Result, c *record.Case) (rounds int, more bool) {
	if len(c.Looks) == 0 {
		return d.Plan.Looks[0].Rounds, true
	}
	last := &c.Looks[len(c.Looks)-1]
	return last.Rounds + last.AddRounds, !last.Stop
}

// nextRace finds the finalists of one select block after the other, and runs their
// rounds.
func nextRace(d *record.Result, c *record.Case) step {
	n := len(c.Races)
	if n > 0 && c.Races[n-1].Racing() {
		x := &c.Races[n-1]
		if len(living(c, x.Finalist)) > 1 {
			return within(d, c, beginRound{c.ID, living(c, x.Runs), x.Goal, x.Select})
		}
	}
	if n < len(d.Experiment.Selects) {
		return shortlist{c.ID, n}
	}
	return endCase{c.ID, ending(d, c)}
}

// searched says that the plugin's search is over in a case, to its end or not.
func searched(d *record.Result, c *record.Case) bool {
	for i := range d.Failures {
		if f := &d.Failures[i]; f.Case == c.ID && f.Stage == stagePropose {
			return true
		}
	}
	n := len(c.Searches)
	return n > 0 && c.Searches[n-1].Done
}

func chosen(s *record.Search, v *record.Variant) bool {
	if v.Role == record.RoleBaseline || v.Role == record.RoleControl {
		return true
	}
	for _, name := range s.Chosen {
		if name == v.Name {
			return true
		}
	}
	return false
}
