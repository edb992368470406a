package rejudge

import (
	"fmt"

	"github.com/assay-bench/assay/core/record"
)

// reselect decides every selection again, and who ran for it. Who may be selected
// hangs on `where`, which a document alone cannot evaluate: that stays, as do the
// values of an aim that is more than the speed of a phase.
func reselect(r *record.Result) error {
	for i := range r.Selections {
		s := &r.Selections[i]
		c, in := r.Case(s.Case), selectOf(r, s.Name)
		if s.Outcome == "" || c == nil || in == nil { // an older document
			continue
		}
		if x := c.RaceOf(s.Name); x != nil {
			if err := shortlistAgain(r, c, in, x); err != nil {
				return fmt.Errorf("case %q, select %q: %w", s.Case, s.Name, err)
			}
		}
		var fresh []record.Candidate
		for _, f := range s.Finalists {
			fresh = append(fresh, record.Candidate{Variant: f.Variant, Values: f.Values})
		}
		again, err := r.Decide(c, in, fresh)
		if err != nil {
			return fmt.Errorf("case %q, select %q: %w", s.Case, s.Name, err)
		}
		*s = again
	}
	return nil
}

// shortlistAgain finds the finalists again, unless the budget left no time for
// them to run.
func shortlistAgain(r *record.Result, c *record.Case, in *record.Select, x *record.Race) error {
	again := *x
	again.LeftOut = nil
	if err := r.Shortlist(c, in, &again); err != nil {
		return err
	}
	if x.Unsound = again.Unsound; x.Goal > 0 || again.Goal == 0 {
		x.Finalists, x.Goal = again.Finalists, again.Goal
	}
	return nil
}

func selectOf(r *record.Result, name string) *record.Select {
	for i := range r.Experiment.Selects {
		if r.Experiment.Selects[i].Name == name {
			return &r.Experiment.Selects[i]
		}
	}
	return nil
}
