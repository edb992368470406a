package record

import (
	"slices"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

// judgeAsserts answers every assert from the rounds, and leaves a document of an
// assay that did not write its conditions down as it is.
func (r *Result) judgeAsserts() {
	if len(r.Experiment.Asserts) == 0 || len(r.Plan.Looks) == 0 {
		return
	}
	before := map[string][]AssertResult{}
	for i := range r.Cases {
		before[r.Cases[i].ID], r.Cases[i].Asserts = r.Cases[i].Asserts, []AssertResult{}
	}
	for _, a := range judge.Ask(r.Experiment.Asserts, r.Places()) {
		c := r.Case(a.Case())
		out := r.answer(a)
		for _, o := range before[c.ID] {
			if o.Name == out.Name && o.Variant == out.Variant && o.Verdict == judge.Fail && out.Verdict == judge.Fail {
				out.Message = o.Message // the author's, which only the configuration can make
			}
		}
		c.Asserts = append(c.Asserts, out)
	}
}

// AssertsOf are the answers of the moment in a case under way. One over several
// cases has none before their last look.
func (r *Result) AssertsOf(c *Case) []AssertResult {
	out := []AssertResult{}
	for i := range r.Experiment.Asserts {
		a := &r.Experiment.Asserts[i]
		if a.Over == "" {
			out = append(out, r.Answers(*a, c)...)
			continue
		}
		out = append(out, AssertResult{Name: a.Name, Variant: a.Variant, Verdict: judge.Inconclusive, Message: "it is asked once every case is measured"})
	}
	return out
}

// Answers are those of one condition for the variants of a case.
func (r *Result) Answers(a judge.Assert, c *Case) []AssertResult {
	out := []AssertResult{}
	for _, q := range judge.Ask([]judge.Assert{a}, []judge.Place{r.place(c)}) {
		out = append(out, r.answer(q))
	}
	return out
}

func (r *Result) answer(q judge.Asked) AssertResult {
	if q.Over == "" {
		q.SameKernels = r.SameKernels(r.Case(q.Case()), q.Of, q.Places[0].Baseline)
	}
	return judge.Answer(r.Plan, q, r.reading)
}

// Places are the cases with what is compared in them.
func (r *Result) Places() []judge.Place {
	var out []judge.Place
	for i := range r.Cases {
		out = append(out, r.place(&r.Cases[i]))
	}
	return out
}

func (r *Result) place(c *Case) judge.Place {
	p := judge.Place{Case: c.ID, Matrix: c.Matrix}
	for i := range c.Variants {
		switch v := &c.Variants[i]; v.Role {
		case RoleBaseline:
			p.Baseline = v.Name
		case RoleVariant:
			p.Variants = append(p.Variants, v.Name)
		}
	}
	return p
}

// Case is the one of that id, nil if there is none.
func (r *Result) Case(id string) *Case {
	i := slices.IndexFunc(r.Cases, func(c Case) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Cases[i]
}

// reading is what the rounds of a case say of a number.
func (r *Result) reading(caseID, variant string, n judge.Number) judge.Reading {
	c := r.Case(caseID)
	out := judge.Reading{}
	if why := r.unusable(c.Rounds); why != nil {
		out.Unusable = why.Reason
	}
	for i := range c.Rounds {
		if c.Rounds[i].Counted {
			out.Rounds++
		}
	}
	base := c.baseline()
	if base == nil {
		return out
	}
	phase := slices.Contains(r.Experiment.Measure.Phases, n.Name)
	for _, v := range c.Variants {
		if bad := v.defective(); out.Unusable == "" && bad != "" && (v.Name == variant || v.Role != RoleVariant && v.Role != RoleProposed) {
			out.Unusable = bad
		}
		bad := v.failedChecks()
		if out.Unusable == "" && bad != "" && (v.Name == variant || v.Role == RoleBaseline) {
			out.Unusable = "variant " + v.Name + " computes something else: " + bad
		}
		if v.Role != RoleControl {
			continue
		}
		switch {
		case phase && (n.Root == expr.Ratio || n.Root == expr.Rate):
			out.Control = v.speed(n.Name)
		case n.Root == expr.Ratio:
			out.Control = newReader(c, quantityOf(n)).arm(base.Name, v.Name)
		}
	}
	if phase && n.Root == expr.Ratio {
		if v := c.variant(variant); v != nil {
			out.Arm = v.speed(n.Name)
		}
		return out
	}
	out.Arm = newReader(c, quantityOf(n)).arm(base.Name, variant)
	return out
}

// quantityOf is the guardrail that would ask for the same quantity.
func quantityOf(n judge.Number) Guardrail {
	g := Guardrail{Name: n.Name, Better: n.Better, Exact: n.Exact}
	switch zero := 0.0; n.Root {
	case expr.Ratio:
		g.Metric, g.MinRatio = n.Name, 1
	case expr.Rate:
		g.Phase, g.MinRate = n.Name, &zero
	default:
		g.Metric, g.Max = n.Name, &zero
	}
	return g
}

// speed is the variant's speed against the baseline in a phase.
func (v *Variant) speed(phase string) judge.Arm {
	arm := judge.Arm{Name: v.Name}
	if s, ok := v.Phases[phase]; ok && s.Ratio != nil {
		arm.LogRatios, arm.MedianRatio = s.LogRatios, s.Ratio.Median
	}
	return arm
}
