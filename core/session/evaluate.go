package session

import (
	"fmt"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// evaluate runs the experiment's asserts and selects over what was measured.
func (x *experiment) evaluate() error {
	r := x.result
	r.Selections = []record.Selection{}
	for i := range r.Cases {
		c, source := &r.Cases[i], &x.config.Cases[i]
		c.Asserts = []record.AssertResult{}
		measured := measuredOf(c, r.Experiment.Measure.Phases)
		for j := range x.config.Asserts {
			a := &x.config.Asserts[j]
			for _, m := range measured {
				if a.Variant != "" && a.Variant != m.Name {
					continue
				}
				holds, message, diags := x.config.EvalAssert(a, source, m)
				if diags.HasErrors() {
					message = diags.Error()
				}
				c.Asserts = append(c.Asserts, record.AssertResult{Name: a.Name, Variant: m.Name, Passed: holds, Message: message})
			}
		}
		for j := range x.config.Selects {
			s := &x.config.Selects[j]
			winner, value, diags := x.config.EvalSelect(s, source, measured)
			sel := record.Selection{Name: s.Name, Case: c.ID, Variant: winner, Value: value, Reason: fmt.Sprintf("best of %d variants", len(measured))}
			if winner == "" {
				sel.Reason = "no variant satisfies its condition"
			}
			for _, d := range diags {
				x.note(r, "select "+s.Name+": "+d.Summary+": "+d.Detail)
			}
			r.Selections = append(r.Selections, sel)
		}
	}
	return nil
}

// measuredOf lists what asserts and selects may look at: every variant that
// was measured, the control left out.
func measuredOf(c *record.Case, phases []string) []config.Measured {
	var out []config.Measured
	for i := range c.Variants {
		v := &c.Variants[i]
		if v.Role == record.RoleControl || len(v.Phases) == 0 {
			continue
		}
		m := config.Measured{Name: v.Name, Baseline: v.Role == record.RoleBaseline, Metrics: v.Metrics, Ratios: map[string]float64{}}
		for _, p := range phases {
			s, ok := v.Phases[p]
			switch {
			case ok && s.Ratio != nil:
				m.Ratios[p] = s.Ratio.Estimate
			case ok:
				m.Ratios[p] = 1
			}
		}
		out = append(out, m)
	}
	return out
}

// wanted says whether the experiment runs, which its `when` may make depend on
// the experiments before it.
func (x *experiment) wanted(before []*record.Result) (bool, error) {
	outcomes := map[string]config.Outcome{}
	for _, r := range before {
		outcomes[r.Experiment.Name] = outcomeOf(r)
	}
	run, diags := x.config.EvalWhen(outcomes)
	if diags.HasErrors() {
		return false, diags
	}
	return run, nil
}

func outcomeOf(r *record.Result) config.Outcome {
	o := config.Outcome{Verdict: r.Verdict, Status: string(r.Status), Guardrails: map[string]string{}, Selected: map[string]map[string]string{}}
	for i := range r.Cases {
		for name, v := range r.Cases[i].GuardrailVerdicts() {
			o.Guardrails[name] = record.Worse(o.Guardrails[name], v)
		}
	}
	for _, s := range r.Selections {
		if o.Selected[s.Name] == nil {
			o.Selected[s.Name] = map[string]string{}
		}
		o.Selected[s.Name][s.Case] = s.Variant
	}
	for _, f := range r.Findings {
		o.Findings = append(o.Findings, config.OutcomeFinding{Case: f.Case, Kind: f.Kind, Summary: f.Summary, Certainty: f.Certainty})
	}
	return o
}

func (x *experiment) note(r *record.Result, text string) {
	r.Diagnostics = append(r.Diagnostics, text)
	x.report(Event{Kind: Noted, Text: text})
}
