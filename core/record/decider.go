package record

import "github.com/assay-bench/assay/core/judge"

// Decider is something that gave a result its verdict: a judgement, an assert, or
// the checks of a variant.
type Decider struct {
	Case    string
	Name    string // of the guardrail or assert; empty for checks
	Variant string
	Of      string // quantity of a judgement: decode, p99 of decode
	Reason  string
}

// Deciders of a verdict short of a pass, in the order of the document. A pass is
// decided by all that was asked.
func (r *Result) Deciders() []Decider {
	verdict := judge.Verdict(r.Verdict)
	if verdict == judge.Pass || verdict == none {
		return nil
	}
	var out []Decider
	for i := range r.Cases {
		c := &r.Cases[i]
		for k := range c.Variants {
			if v := &c.Variants[k]; verdict == judge.Fail && v.fails() {
				out = append(out, Decider{Case: c.ID, Variant: v.Name, Reason: v.failedChecks()})
			}
		}
		for _, j := range c.Judgements {
			if j.Weighs() == verdict {
				out = append(out, Decider{c.ID, j.Guardrail, j.Variant, j.Of(), j.Reason})
			}
		}
		for _, a := range c.Asserts {
			if a.Answer() == verdict {
				out = append(out, Decider{c.ID, a.Name, a.Variant, "", a.Message})
			}
		}
	}
	return out
}

// fails says that the checks of a variant make its experiment fail.
func (v *Variant) fails() bool { return v.Role != RoleProposed && v.failedChecks() != "" }
