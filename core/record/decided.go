package record

import (
	"slices"

	"github.com/assay-bench/assay/core/judge"
)

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
	if all := r.Deciders(); len(all) > 0 {
		return &all[0]
	}
	return nil
}

// Deciders are all that have the verdict of a result that is short of a pass:
// checks, then judgements, then asserts.
func (r *Result) Deciders() []Decided {
	var checks, judgements, asserts []Decided
	verdict := judge.Verdict(r.Verdict)
	if verdict == judge.Pass || verdict == none {
		return nil
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		for k := range c.Variants {
			v := &c.Variants[k]
			for _, check := range v.Checks {
				if verdict == judge.Fail && v.Role != RoleProposed && !check.Passed {
					checks = append(checks, Decided{Kind: ByCheck, Name: check.Name, Case: c.ID, Variant: v.Name, Reason: check.Found()})
				}
			}
		}
		for _, j := range c.Judgements {
			if j.Weighs() == verdict {
				judgements = append(judgements, Decided{Kind: ByGuardrail, Name: j.Guardrail, Case: c.ID, Variant: j.Variant, Of: j.Of(), Reason: j.Reason, Next: j.Next})
			}
		}
		for _, a := range c.Asserts {
			if a.Answer() == verdict {
				asserts = append(asserts, Decided{Kind: ByAssert, Name: a.Name, Case: c.ID, Variant: a.Variant, Reason: a.Message})
			}
		}
	}
	return slices.Concat(checks, judgements, asserts)
}
