package record

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/judge"
)

// judge fills in every case's judgements from its log-ratios.
func (r *Result) judge() error {
	if len(r.Experiment.Guardrails) == 0 || len(r.Plan.Looks) == 0 {
		for i := range r.Cases {
			r.Cases[i].Judgements = []judge.Judgement{}
		}
		return nil
	}
	cases := make([]judge.Case, len(r.Cases))
	for i := range r.Cases {
		cases[i] = r.JudgeCase(&r.Cases[i])
		cases[i].Interrupted = r.Cases[i].Status == Partial
	}
	all, err := judge.Judge(r.Plan, r.JudgeGuardrails(), cases)
	if err != nil {
		return err
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		c.Judgements = []judge.Judgement{}
		for _, j := range all {
			if j.Case == c.ID {
				c.Judgements = append(c.Judgements, r.believe(j, c))
			}
		}
	}
	return nil
}

// JudgeGuardrails are the experiment's guardrails with their trade-offs.
func (r *Result) JudgeGuardrails() []judge.Guardrail {
	out := slices.Clone(r.Experiment.Guardrails)
	for i := range out {
		out[i].Tradeoffs = r.Experiment.Tradeoffs.of(out[i].Name)
	}
	return out
}

// JudgeCase is one case's data in the judge's terms. Proposed variants are left
// out: guardrails are about what the author asked for.
func (r *Result) JudgeCase(c *Case) judge.Case {
	out := judge.Case{ID: c.ID}
	for i := range c.Rounds {
		if c.Rounds[i].Counted {
			out.Rounds++
		}
	}
	out.Unusable = r.unusable(c.Rounds)
	for _, phase := range r.Experiment.Measure.Phases {
		p := judge.Phase{Name: phase}
		for _, v := range c.Variants {
			arm := v.speed(phase)
			r.ended(c, &arm, len(arm.LogRatios))
			switch v.Role {
			case RoleControl:
				p.Control = arm
			case RoleVariant:
				p.Variants = append(p.Variants, arm)
			}
		}
		out.Phases = append(out.Phases, p)
	}
	for _, g := range r.Experiment.Guardrails {
		if !g.Speed() && g.Asks(c.ID) {
			out.Others = append(out.Others, r.quantity(c, g))
		}
	}
	return out
}

// unusable is why nothing that rests on times or on noise counts in these rounds;
// nil: it does.
func (r *Result) unusable(rounds []Round) *judge.Lack {
	if r.Metadata.Device.Simulated {
		return &judge.Lack{Reason: "device " + r.Metadata.Device.Kind + " is simulated: its times are not measurements", Next: "measure on a device whose times count"}
	}
	counted, outside, why := 0, 0, ""
	for i := range rounds {
		if d := &rounds[i]; d.Counted {
			counted++
			if first := d.unmet(); first != "" {
				outside, why = outside+1, cmp.Or(why, first)
			}
		}
	}
	if outside == 0 {
		return nil
	}
	return &judge.Lack{
		Reason: fmt.Sprintf("the machine was not as required in %d of %d rounds: %s", outside, counted, why),
		Next:   "measure again when the machine is as the block require says, or take out of that block what need not hold",
	}
}

// unmet is what was required and not met in the first visit of the round that was
// made outside of it; empty: none was.
func (d *Round) unmet() string {
	for i := range d.Visits {
		if v := &d.Visits[i]; !v.Superseded && len(v.Unmet) > 0 {
			return v.Unmet[0]
		}
	}
	return ""
}

// TimesSingle says that a guardrail asks of a case how the single iterations of a
// phase are distributed, so that samples must hold one each.
func (r *Result) TimesSingle(c *Case, phase string) bool {
	return slices.ContainsFunc(r.Experiment.Guardrails, func(g Guardrail) bool { return g.Single() && g.Phase == phase && g.Asks(c.ID) })
}

// CaseVerdict is what one case contributes to the experiment's verdict.
func (r *Result) CaseVerdict(c *Case) string {
	one := *r
	one.Cases = []Case{*c}
	return one.overall()
}

// none is the verdict where nothing was asked.
const none = "none"

// overall condenses judgements, asserts and checks: pass, fail, inconclusive,
// invalid, or none when nothing was to be judged.
func (r *Result) overall() string {
	var js []judge.Judgement
	var asserts []AssertResult
	for i := range r.Cases {
		c := &r.Cases[i]
		js, asserts = append(js, c.Judgements...), append(asserts, c.Asserts...)
		for k := range c.Variants {
			if c.Variants[k].Role != RoleProposed && c.Variants[k].failedChecks() != "" {
				return string(judge.Fail)
			}
		}
	}
	if len(asserts)+len(js) == 0 {
		return none
	}
	return string(judge.Overall(js, asserts))
}
