package record

import (
	"fmt"
	"math"
	"slices"
	"strings"

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
	}
	all, err := judge.Judge(r.Plan, r.JudgeGuardrails(), cases)
	if err != nil {
		return err
	}
	missing := r.Metadata.Missing()
	for i := range r.Cases {
		c := &r.Cases[i]
		c.Judgements = []judge.Judgement{}
		for _, j := range all {
			if j.Case == c.ID {
				c.Judgements = append(c.Judgements, believe(j, c, missing))
			}
		}
	}
	return nil
}

// believe withdraws what a judgement must not claim: speed of a wrong result,
// and a win without the metadata that would let others repeat it.
func believe(j judge.Judgement, c *Case, missing []string) judge.Judgement {
	for i := range c.Variants {
		v := &c.Variants[i]
		if v.Name != j.Variant && v.Role != RoleBaseline {
			continue
		}
		if j.Win && v.Name == j.Variant && v.Equals == c.Variants[0].Name {
			j.Win = false
			j.Reason += fmt.Sprintf("; not called a win: it is %q under another name", v.Equals)
		}
		if bad := v.failedChecks(); bad != "" && j.Verdict != judge.Fail {
			j.Verdict, j.Win = judge.Invalid, false
			j.Reason = fmt.Sprintf("variant %q computes something else: %s", v.Name, bad)
			j.Next = "make the kernel right first; its speed means nothing until then"
		}
	}
	if j.Win && len(missing) > 0 {
		j.Win = false
		j.Reason += "; not called a win: the metadata lacks " + strings.Join(missing, ", ")
	}
	return j
}

func (v *Variant) failedChecks() string {
	var bad []string
	for _, k := range v.Checks {
		if !k.Passed {
			bad = append(bad, fmt.Sprintf("%s check %s %s timing: %s", k.Kind, k.Name, k.When, k.Found()))
		}
	}
	return strings.Join(bad, "; ")
}

// Found is what the check found, in words.
func (k Check) Found() string {
	var parts []string
	if k.Value != math.MaxFloat64 { // else Detail has it
		parts = append(parts, fmt.Sprintf("%.3g", k.Value))
	}
	if k.Limit != math.MaxFloat64 {
		parts = append(parts, fmt.Sprintf("limit %.3g", k.Limit))
	}
	if k.Detail != "" {
		parts = append(parts, k.Detail)
	}
	return strings.Join(parts, ", ")
}

// Missing names the required fields that hold nothing.
func (m *Metadata) Missing() []string {
	var out []string
	for _, f := range []struct {
		name  string
		there bool
	}{
		{"git_sha", m.GitSHA != nil},
		{"device.name", m.Device.Name != ""},
		{"plugin.version", m.Plugin.Version != ""},
		{"plugin.sha256", m.Plugin.SHA256 != ""},
		{"assay.sha256", m.Assay.SHA256 != ""},
		{"mlx_version or its reason", m.MLXVersion != nil || m.MLXReason != ""},
	} {
		if !f.there {
			out = append(out, f.name)
		}
	}
	return out
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
	out.Unusable = r.unusable()
	for _, phase := range r.Experiment.Measure.Phases {
		p := judge.Phase{Name: phase}
		for _, v := range c.Variants {
			switch v.Role {
			case RoleControl:
				p.Control = v.speed(phase)
			case RoleVariant:
				p.Variants = append(p.Variants, v.speed(phase))
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

// unusable is why nothing that rests on times or on noise counts; empty: it does.
func (r *Result) unusable() string {
	if !r.Metadata.Device.Simulated {
		return ""
	}
	return "device " + r.Metadata.Device.Kind + " is simulated: its times are not measurements"
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
		return "none"
	}
	return string(judge.Overall(js, asserts))
}
