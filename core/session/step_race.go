package session

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// shortlist finds who may be selected in a case, and who runs a second race for
// it.
type shortlist struct {
	caseID string
	block  int // index of the select block
}

func (s shortlist) do(_ context.Context, r *runner) error {
	c, in := openCase(r.doc), &r.doc.Experiment.Selects[s.block]
	if err := r.doc.SummarizeCase(c); err != nil {
		return err
	}
	x := record.Race{Select: in.Name, Candidates: []record.Candidate{}, LeftOut: []record.LeftOut{}, Rounds: []record.Round{}}
	r.candidates(c, s.block, &x)
	if err := r.doc.Shortlist(c, in, &x); err != nil {
		return fmt.Errorf("select %q: %w", in.Name, err)
	}
	if x.Goal > 0 && overBudget(r.doc, c, len(r.plan.cases), x.Goal, len(living(c, x.Runs))) {
		x.Reason += fmt.Sprintf(", and the experiment's budget does not allow the %d rounds of a second race; a larger `budget` does", x.Goal)
		x.Finalists, x.Goal = []string{}, 0
	}
	return r.emit(record.RaceEvent{Case: s.caseID, Race: x})
}

// candidates lists the variants that a select block may name, in source order,
// with the values of their aim where the samples alone do not give them.
func (r *runner) candidates(c *record.Case, block int, x *record.Race) {
	s, in, source := &r.config.Selects[block], &r.doc.Experiment.Selects[block], r.sourceOf(c)
	measured := measuredOf(c, r.doc.Experiment.Measure.Phases)
	for _, v := range inSourceOrder(c, source) {
		i := slices.IndexFunc(measured, func(m config.Measured) bool { return m.Name == v.Name })
		why := c.Ineligible(v)
		k := record.Candidate{Variant: v.Name}
		if why == "" && i < 0 {
			why = "no round has measured it"
		}
		if why == "" {
			why = r.doc.WhereNot(c, in, v)
		}
		if why == "" && in.Exact {
			var value *float64
			if value, why = r.aim(s, source, measured[i]); value != nil {
				k.Values = []*float64{value}
			}
		} else if why == "" && in.Phase == "" {
			k.Values, why = r.aimPerRound(s, source, c, v.Name, c.Rounds)
		}
		if why != "" {
			x.LeftOut = append(x.LeftOut, record.LeftOut{Variant: v.Name, Reason: why})
			continue
		}
		x.Candidates = append(x.Candidates, k)
	}
}

// sourceOf is a case as it was configured.
func (r *runner) sourceOf(c *record.Case) *config.Case {
	i := slices.IndexFunc(r.config.Cases, func(s config.Case) bool { return s.ID == c.ID })
	return &r.config.Cases[i]
}

// inSourceOrder lists a case's variants but for the control: those of the author
// in the order of the file, then those of a search.
func inSourceOrder(c *record.Case, source *config.Case) (out []*record.Variant) {
	for i := range source.Variants {
		out = append(out, variantNamed(c, source.Variants[i].Name))
	}
	for i := range c.Variants {
		if c.Variants[i].Role == record.RoleProposed {
			out = append(out, &c.Variants[i])
		}
	}
	return out
}

func said(diags hcl.Diagnostics) string { return diags[0].Summary + ": " + diags[0].Detail }

// aim is the value of a select's aim, or why there is none.
func (r *runner) aim(s *config.Select, source *config.Case, m config.Measured) (value *float64, why string) {
	v, ok, diags := r.config.EvalAim(s, source, m)
	switch {
	case diags.HasErrors():
		return nil, "its aim has no value: " + said(diags)
	case !ok || math.IsInf(v, 0) || math.Abs(v) > largest:
		return nil, "its aim is no number that can be compared"
	}
	return &v, ""
}

// aimPerRound is the aim's value in each counted round, nil where it has none
// there. why is set if none has.
func (r *runner) aimPerRound(s *config.Select, source *config.Case, c *record.Case, name string, rounds []record.Round) (values []*float64, why string) {
	some := false
	for i := range rounds {
		d := &rounds[i]
		if !d.Counted {
			continue
		}
		var value *float64
		if slices.Contains(d.Arms, name) {
			var not string
			if value, not = r.aim(s, source, inRound(c, d, name, r.doc.Experiment.Measure.Phases)); value == nil {
				why = not
			}
		}
		some = some || value != nil
		values = append(values, value)
	}
	switch {
	case some:
		return values, ""
	case why == "":
		why = "no round has measured it"
	}
	return nil, why
}

// inRound is what one round says of one variant.
func inRound(c *record.Case, d *record.Round, name string, phases []string) config.Measured {
	v, base := variantNamed(c, name), variantNamed(c, c.Variants[0].Name)
	m := config.Measured{Name: name, Baseline: v.Role == record.RoleBaseline, Metrics: d.Metrics(name), Ratios: map[string]float64{}}
	for _, p := range phases {
		if m.Baseline {
			m.Ratios[p] = 1
		} else if ratio, ok := d.LogRatio(base.Name, name, p); ok {
			m.Ratios[p] = math.Exp(ratio)
		}
	}
	return m
}

// selections are the answers of all select blocks, into the event that concludes
// the experiment.
func (r *runner) selections(e *record.ConcludedEvent) error {
	for i := range r.doc.Cases {
		c := &r.doc.Cases[i]
		for j := range r.doc.Experiment.Selects {
			in := &r.doc.Experiment.Selects[j]
			var fresh []record.Candidate
			if x := c.RaceOf(in.Name); x != nil && in.Phase == "" {
				for _, name := range x.Finalists {
					values, _ := r.aimPerRound(&r.config.Selects[j], r.sourceOf(c), c, name, x.Rounds)
					fresh = append(fresh, record.Candidate{Variant: name, Values: values})
				}
			}
			s, err := r.doc.Decide(c, in, fresh)
			if err != nil {
				return fmt.Errorf("case %q, select %q: %w", c.ID, in.Name, err)
			}
			e.Selections = append(e.Selections, s)
		}
	}
	return nil
}

// selectOf is a select block in the document's terms.
func selectOf(s *config.Select) record.Select {
	out := record.Select{
		Name: s.Name, Aim: record.Maximize, Of: s.Text, Where: s.Where, Phase: s.Phase, Phases: append([]string{}, s.Phases...), Exact: s.Exact,
		Finalists: s.Finalists, Rounds: s.Rounds, OnTie: s.OnTie,
	}
	if _, least := s.Aim(); least {
		out.Aim = record.Minimize
	}
	return out
}
