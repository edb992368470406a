package record

import "github.com/assay-bench/assay/core/judge"

// Kinds of what decides a verdict.
const (
	ByGuardrail = "guardrail"
	ByAssert    = "assert"
	ByCheck     = "check"
)

// Decided is the judgement, assert or check that an experiment's verdict comes
// from: the first one with that verdict, in the order in which they are weighed.
type Decided struct {
	Kind    string
	Name    string
	Case    string
	Variant string
	Of      string // the quantity that a guardrail asks about
	Reason  string
	Next    string // empty: nothing to advise
}

// Decided is nil where nothing was judged, and where everything passed.
func (r *Result) Decided() *Decided {
	if r.Verdict == string(judge.Fail) {
		if d := r.failedCheck(); d != nil {
			return d
		}
	}
	if d := r.decidedByGuardrail(); d != nil {
		return d
	}
	return r.decidedByAssert()
}

func (r *Result) failedCheck() *Decided {
	for i := range r.Cases {
		c := &r.Cases[i]
		for k := range c.Variants {
			v := &c.Variants[k]
			for _, check := range v.Checks {
				if v.Role != RoleProposed && !check.Passed {
					return &Decided{Kind: ByCheck, Name: check.Name, Case: c.ID, Variant: v.Name, Reason: check.Found()}
				}
			}
		}
	}
	return nil
}

func (r *Result) decidedByGuardrail() *Decided {
	for i := range r.Cases {
		for _, j := range r.Cases[i].Judgements {
			if string(j.Verdict) != r.Verdict || j.Verdict == judge.Pass || j.OnFail == judge.OnFailWarn || j.Verdict == judge.Fail && !j.Blocks() {
				continue
			}
			return &Decided{Kind: ByGuardrail, Name: j.Guardrail, Case: r.Cases[i].ID, Variant: j.Variant, Of: j.Of(), Reason: j.Reason, Next: j.Next}
		}
	}
	return nil
}

func (r *Result) decidedByAssert() *Decided {
	for i := range r.Cases {
		for _, a := range r.Cases[i].Asserts {
			if v := a.Answer(); string(v) == r.Verdict && v != judge.Pass {
				return &Decided{Kind: ByAssert, Name: a.Name, Case: r.Cases[i].ID, Variant: a.Variant, Reason: a.Message}
			}
		}
	}
	return nil
}
