package session

import (
	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// evaluate writes the authors' messages of what failed into the event that
// concludes it. Notes are what its author should know.
func (r *runner) evaluate(e *record.ConcludedEvent) (notes []string) {
	for i := range r.doc.Cases {
		c, source := &r.doc.Cases[i], &r.config.Cases[i]
		for k := range c.Asserts {
			notes = append(notes, r.message(source, &c.Asserts[k])...)
		}
		e.Asserts[c.ID] = append([]record.AssertResult{}, c.Asserts...)
	}
	return notes
}

// message puts the author's words into a fail.
func (r *runner) message(c *config.Case, out *record.AssertResult) (notes []string) {
	defer func() { out.Known = nil }()
	if out.Verdict != judge.Fail {
		return nil
	}
	for i := range r.config.Asserts {
		if a := &r.config.Asserts[i]; a.Name == out.Name {
			text, diags := r.config.Message(a, c, *out)
			if text != "" {
				out.Message = text
			}
			for _, d := range diags {
				notes = append(notes, "assert "+a.Name+": error_message: "+d.Summary+": "+d.Detail)
			}
		}
	}
	return notes
}

// measuredOf lists what selects may look at: every variant that
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
	o := config.Outcome{
		Verdict: r.Verdict, Status: string(r.Status), Guardrails: map[string]string{},
		Selected: map[string]map[string]string{}, Tied: map[string]map[string][]string{},
	}
	for i := range r.Cases {
		for name, v := range r.Cases[i].GuardrailVerdicts() {
			o.Guardrails[name] = record.Worse(o.Guardrails[name], v)
		}
	}
	for _, s := range r.Selections {
		if o.Selected[s.Name] == nil {
			o.Selected[s.Name], o.Tied[s.Name] = map[string]string{}, map[string][]string{}
		}
		o.Selected[s.Name][s.Case], o.Tied[s.Name][s.Case] = s.Variant, s.Tied
	}
	for _, f := range r.Findings {
		o.Findings = append(o.Findings, config.OutcomeFinding{Case: f.Case, Kind: f.Kind, Summary: f.Summary, Certainty: f.Certainty})
	}
	return o
}
