package session

import (
	"fmt"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// evaluate runs the experiment's asserts and selects over what was measured, into
// the event that concludes it. Notes are what its author should know.
func (r *runner) evaluate(e *record.ConcludedEvent) (notes []string) {
	for i := range r.doc.Cases {
		c, source := &r.doc.Cases[i], &r.config.Cases[i]
		asserts := []record.AssertResult{}
		measured := measuredOf(c, r.doc.Experiment.Measure.Phases)
		for j := range r.config.Asserts {
			a := &r.config.Asserts[j]
			for _, m := range measured {
				if a.Variant != "" && a.Variant != m.Name {
					continue
				}
				holds, message, diags := r.config.EvalAssert(a, source, m)
				if diags.HasErrors() {
					message = diags.Error()
				}
				asserts = append(asserts, record.AssertResult{Name: a.Name, Variant: m.Name, Passed: holds, Message: message})
			}
		}
		e.Asserts[c.ID] = asserts
		for j := range r.config.Selects {
			s := &r.config.Selects[j]
			winner, value, diags := r.config.EvalSelect(s, source, measured)
			sel := record.Selection{Name: s.Name, Case: c.ID, Variant: winner, Value: value, Reason: fmt.Sprintf("best of %d variants", len(measured))}
			if winner == "" {
				sel.Reason = "no variant satisfies its condition"
			}
			for _, d := range diags {
				notes = append(notes, "select "+s.Name+": "+d.Summary+": "+d.Detail)
			}
			e.Selections = append(e.Selections, sel)
		}
	}
	return notes
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
func wanted(e *config.Experiment, before []*record.Result) (bool, error) {
	outcomes := map[string]config.Outcome{}
	for _, r := range before {
		outcomes[r.Experiment.Name] = outcomeOf(r)
	}
	run, diags := e.EvalWhen(outcomes)
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
