package record

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
)

// Outcomes of a selection.
const (
	OutcomeWinner = "winner" // one variant is the best
	OutcomeTie    = "tie"    // those named cannot be told apart
	OutcomeNone   = "none"   // nothing may be selected
)

// Selection is what a select block chose in one case.
type Selection struct {
	Name    string   `json:"name"`
	Case    string   `json:"case"`
	Outcome string   `json:"outcome,omitempty"` // winner, tie or none; absent in older documents, which name the best by its estimate
	Variant string   `json:"variant"`           // the winner, or where on_tie says so the first of a tie; else empty
	Tied    []string `json:"tied,omitempty"`    // in source order
	// Value of the aim for Variant, by the rounds that decided; 0 without one.
	Value     float64    `json:"value"`
	Reason    string     `json:"reason"`
	Rounds    int        `json:"rounds,omitempty"`    // that decided
	Alpha     float64    `json:"alpha,omitempty"`     // level of each comparison with the best
	Scale     string     `json:"scale,omitempty"`     // of the comparisons: ratio or difference
	Finalists []Finalist `json:"finalists,omitempty"` // whoever was compared, in source order
	LeftOut   []LeftOut  `json:"left_out,omitempty"`
}

// Finalist is one of those that were compared at the end.
type Finalist struct {
	Variant  string   `json:"variant"`
	Estimate *float64 `json:"estimate"` // of the aim
	// Against is what it has of the best one's value, how many times as good or by
	// how much better; null of the best itself, and without rounds that have both.
	Against *Against `json:"against_best"`
	Behind  bool     `json:"behind"` // proven worse than the best
	// Values of an aim that the samples alone do not give, one for each counted
	// round of the race.
	Values []*float64 `json:"values,omitempty"`
	// Digests of its samples in the race, as samples_sha256 of a variant.
	SamplesSHA map[string]string `json:"samples_sha256,omitempty"`
}

// Against is a comparison with one-sided bounds at the selection's level. A bound
// that so few rounds cannot give is null.
type Against struct {
	Estimate float64  `json:"estimate"`
	Lower    *float64 `json:"lower"`
	Upper    *float64 `json:"upper"`
	Rounds   int      `json:"rounds"`
}

// Scales of comparisons.
const (
	scaleRatio      = "ratio"
	scaleDifference = "difference"
)

// Ineligible says why a variant is never selected; empty: it may be. The control
// is not asked about.
func (c *Case) Ineligible(v *Variant) string {
	switch {
	case v.Failure != "":
		return "it could not be measured: " + v.Failure
	case v.failedChecks() != "":
		return "it computes something else: " + v.failedChecks()
	case v.defective() != "":
		return v.defective()
	case v.Equals != "":
		return fmt.Sprintf("it is %q under another name", v.Equals)
	}
	return ""
}

// WhereNot says why the condition of a select block lets a variant not be
// selected; empty: it does. What a search has added is asked like the others.
func (r *Result) WhereNot(c *Case, s *Select, v *Variant) string {
	if s.Where == nil {
		return ""
	}
	p := r.place(c)
	if v.Role == RoleProposed {
		p.Variants = []string{v.Name}
	}
	for _, q := range judge.Ask([]judge.Assert{*s.Where}, []judge.Place{p}) {
		if q.Of != v.Name {
			continue
		}
		switch w := judge.Answer(r.Plan, q, r.reading); w.Answer() {
		case judge.Pass:
			return ""
		case judge.Fail:
			return "its `where` is false"
		default:
			return "its `where` is undecided: " + w.Message
		}
	}
	return "its `where` is not asked"
}

// Decide is the answer of a select block in a case: one winner, a tie or none.
// fresh are the values of the finalists in the race's counted rounds, of an aim
// that the samples alone do not give.
func (r *Result) Decide(c *Case, s *Select, fresh []Candidate) (Selection, error) {
	out := Selection{Name: s.Name, Case: c.ID, Outcome: OutcomeNone}
	x := c.RaceOf(s.Name)
	if x == nil {
		out.Reason = "the case ended before anything could be selected"
		return out, nil
	}
	out.LeftOut = slices.Clone(x.LeftOut)
	switch {
	case x.Unsound != "":
		out.Reason = x.Unsound
		return out, nil
	case len(x.Candidates) == 0:
		out.Reason = "no variant can be selected"
		return out, nil
	case s.Exact:
		return exactly(s, x, out), nil
	}
	d := decision{r: r, c: c, s: s, x: x, rounds: c.Rounds, who: x.Candidates}
	d.alpha = r.Plan.FirstLevel(Counted(c.Rounds), len(x.Candidates), s.Rounds > 0)
	if len(x.Finalists) > 0 && x.Goal > 0 {
		d.rounds, d.who, d.raced = x.Rounds, d.finalists(fresh, &out), true
		d.alpha = r.Plan.RaceLevel(len(x.Finalists))
	}
	return out, d.make(&out)
}

// exactly selects by values that have no noise.
func exactly(s *Select, x *Race, out Selection) Selection {
	best := math.Inf(-1)
	for _, k := range x.Candidates {
		if len(k.Values) == 0 || k.Values[0] == nil {
			continue
		}
		v := *k.Values[0]
		out.Finalists = append(out.Finalists, Finalist{Variant: k.Variant, Estimate: &v})
		best = max(best, s.sign()*v)
	}
	for i := range out.Finalists {
		f := &out.Finalists[i]
		if f.Behind = s.sign()**f.Estimate < best; !f.Behind {
			out.Tied = append(out.Tied, f.Variant)
		}
	}
	out.settle(s, "the aim has no noise", "", s.sign()*best)
	return out
}

// settle makes a winner of a single variant that is not behind, and a tie of
// several. before and after stand around what is said of them.
func (out *Selection) settle(s *Select, before, after string, value float64) {
	switch len(out.Tied) {
	case 0:
		return
	case 1:
		out.Outcome, out.Variant, out.Tied, out.Value = OutcomeWinner, out.Tied[0], nil, value
		out.Reason = fmt.Sprintf("%s: %q is the best of %d%s", before, out.Variant, len(out.Finalists), after)
		if len(out.Finalists) == 1 {
			out.Reason = fmt.Sprintf("nothing but %q can be selected%s", out.Variant, after)
		}
		return
	}
	out.Outcome = OutcomeTie
	out.Reason = fmt.Sprintf("%s: %s cannot be told apart%s", before, quoted(out.Tied), after)
	if s.OnTie != TieFirst {
		return
	}
	out.Variant = out.Tied[0]
	out.Reason += "; on_tie takes the first of them"
	for _, f := range out.Finalists {
		if f.Variant == out.Variant && f.Estimate != nil {
			out.Value = *f.Estimate
		}
	}
}

func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}
