package record

import (
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/judge"
)

// Shortlist says who of a race's candidates runs a second race, from the case's
// own rounds: the best by its estimate, and whoever cannot be told from it, the
// better ones first.
func (r *Result) Shortlist(c *Case, s *Select, x *Race) error {
	x.Finalists, x.Goal, x.Unsound = []string{}, 0, ""
	if why := r.unusable(c.Rounds); why != nil && !s.Exact {
		x.Unsound = why.Reason
	}
	switch {
	case x.Unsound != "" || len(x.Candidates) < 2 || s.Exact:
		x.Reason = "nothing to race for"
		return nil
	case s.Rounds == 0:
		x.Reason = "rounds = 0: the first rounds decide"
		return nil
	}
	f := r.field(c, s, c.Rounds, x.Candidates)
	alpha := r.Plan.FirstLevel(Counted(c.Rounds), len(x.Candidates), true)
	best, all, err := f.Best(alpha, 0)
	if err != nil {
		return err
	}
	if best < 0 {
		x.Reason = "no candidate has a value in the first rounds"
		return nil
	}
	var level []judge.Standing // with the best
	for _, t := range all {
		if !t.Behind {
			level = append(level, t)
		}
	}
	if len(level) == 1 {
		x.Reason = fmt.Sprintf("the first %d rounds tell %q from every other candidate", Counted(c.Rounds), all[best].Name)
		return nil
	}
	slices.SortStableFunc(level, func(a, b judge.Standing) int { return compareEstimates(b.Estimate, a.Estimate) })
	x.Reason = fmt.Sprintf("the first %d rounds do not tell %d of %d candidates apart", Counted(c.Rounds), len(level), len(all))
	for i, t := range level {
		if i < s.Finalists {
			x.Finalists = append(x.Finalists, t.Name)
			continue
		}
		x.LeftOut = append(x.LeftOut, LeftOut{t.Name, fmt.Sprintf("finalists = %d, and others were better in the first rounds", s.Finalists)})
	}
	x.Goal = s.Rounds
	x.Finalists = inOrder(x.Candidates, x.Finalists)
	return nil
}

func compareEstimates(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	case *a < *b:
		return -1
	case *a > *b:
		return 1
	}
	return 0
}

// inOrder puts names into the order of the candidates.
func inOrder(all []Candidate, names []string) []string {
	out := []string{}
	for _, c := range all {
		if slices.Contains(names, c.Variant) {
			out = append(out, c.Variant)
		}
	}
	return out
}
