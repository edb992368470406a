package judge

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/expr"
)

// An Assert is a condition on what was measured, asked of one variant at a time.
// What its conditions compare are intervals, and each bound that could make it
// true by mistake is a claim that shares the error with the guardrails.
type Assert struct {
	Name    string `json:"name"`
	Variant string `json:"variant"` // empty: every one
	// Others leaves the baseline out: its ratio to itself is 1, and answers nothing.
	Others    bool   `json:"others,omitempty"`
	Over      string `json:"over,omitempty"` // a key of the matrix: asked once of all its values
	Condition string `json:"condition"`      // as written
	// Values of the other names in it: local, var and so on.
	Values map[string]json.RawMessage `json:"values,omitempty"`
	// Numbers that it may use.
	Numbers []Number `json:"numbers"`
}

// A Number is a measured one, as conditions name it.
type Number struct {
	Root   string `json:"root"`             // ratio, rate, metric or baseline.metric
	Name   string `json:"name"`             // of the phase or metric
	Better string `json:"better,omitempty"` // of a metric: lower or higher
	Exact  bool   `json:"exact,omitempty"`  // of a metric that is declared so
}

// A Place is a case with what is compared in it.
type Place struct {
	Case     string
	Matrix   map[string]json.RawMessage
	Baseline string
	Variants []string // the baseline and the control left out
}

// An Asked is an assert asked of one variant: in one case, or in the cases that
// differ in nothing but the key that it is over.
type Asked struct {
	*Assert
	Of       string // the variant
	Baseline bool
	Places   []Place // in order
	// SameKernels says whether the variant dispatched what the baseline did; nil:
	// not known.
	SameKernels *bool
}

// Ask lists what the asserts ask, in order of their last case, then of the
// asserts.
func Ask(asserts []Assert, places []Place) []Asked {
	var out []Asked
	for i := range places {
		for k := range asserts {
			a := &asserts[k]
			group := a.group(places, i)
			if group == nil {
				continue
			}
			p := places[i]
			for _, name := range append([]string{p.Baseline}, p.Variants...) {
				baseline := name == p.Baseline
				if (a.Variant == "" || a.Variant == name) && !(a.Others && baseline) {
					out = append(out, Asked{Assert: a, Of: name, Baseline: baseline, Places: group})
				}
			}
		}
	}
	return out
}

// group is the cases of which a case is the last, nil where it is not.
func (a *Assert) group(places []Place, last int) []Place {
	if a.Over == "" {
		return places[last : last+1]
	}
	var out []Place
	for i, p := range places {
		if !alike(p, places[last], a.Over) {
			continue
		}
		if i > last {
			return nil
		}
		out = append(out, p)
	}
	return out
}

// alike says that two cases differ in one key at most.
func alike(a, b Place, but string) bool {
	for key, v := range a.Matrix {
		if key != but && string(v) != string(b.Matrix[key]) {
			return false
		}
	}
	return true
}

// Case is the one at whose end the question can be answered.
func (a Asked) Case() string { return a.Places[len(a.Places)-1].Case }

// key is how at[VALUE] names a case; empty without over.
func (a Asked) key(p Place) string {
	if a.Over == "" {
		return ""
	}
	v, err := expr.Decode(p.Matrix[a.Over])
	if err != nil {
		return ""
	}
	return expr.Key(v)
}

// sides of the numbers that make claims: an exact one, and the baseline's ratio to
// itself, make none.
func (a Asked) sides(c *expr.Condition) map[expr.Ref]expr.Sides {
	out := map[expr.Ref]expr.Sides{}
	for ref, s := range c.Ends() {
		for _, p := range a.Places {
			for _, n := range a.Numbers {
				r := expr.Ref{At: a.key(p), Root: n.Root, Name: n.Name}
				if n.claims(a.Baseline) && r.Is(ref) {
					o := out[r]
					out[r] = expr.Sides{Lower: o.Lower || s.Lower, Upper: o.Upper || s.Upper}
				}
			}
		}
	}
	return out
}

func (n Number) claims(baseline bool) bool { return !n.Exact && !(baseline && n.Root == expr.Ratio) }

// claims is how many share the error. A condition that cannot be read makes none:
// it has no verdict either.
func (a Asked) claims() (n int) {
	c, err := a.parse()
	if err != nil {
		return 0
	}
	for _, s := range a.sides(c) {
		n += s.Count()
	}
	return n
}

// controls are the quantities whose control the question needs.
func (a Asked) controls(into map[[2]string]bool) {
	for _, p := range a.Places {
		for _, n := range a.Numbers {
			if n.Root == expr.Ratio && n.claims(a.Baseline) {
				into[[2]string{p.Case, n.Name}] = true
			}
		}
	}
}

// Measured lists the numbers of an answer in a line.
func (r AssertResult) Measured() string {
	var parts []string
	for _, n := range r.Numbers {
		parts = append(parts, n.String())
	}
	return strings.Join(parts, ", ")
}

func (n AssertNumber) String() string {
	lo, hi := n.Lower, n.Upper
	switch {
	case n.Estimate == nil:
		return n.Name + " is not known"
	case lo != nil && hi != nil && *lo == *hi:
		return n.Name + " is " + digits(*lo)
	case lo != nil && hi != nil:
		return n.Name + " is " + digits(*lo) + " to " + digits(*hi)
	case lo != nil:
		return n.Name + " is at least " + digits(*lo)
	case hi != nil:
		return n.Name + " is at most " + digits(*hi)
	}
	return n.Name + " has no bounds"
}

// An AssertResult is the answer of one assert for one variant.
type AssertResult struct {
	Name    string `json:"name"`
	Variant string `json:"variant"`
	// Cases of an assert over a key; empty: the case that it stands in.
	Cases []string `json:"cases,omitempty"`
	// Passed is true for a pass alone.
	Passed  bool    `json:"passed"`
	Verdict Verdict `json:"verdict,omitempty"` // empty in documents that do not hold the condition
	// Message is the author's for a fail, and the host's for what has no answer.
	Message string `json:"message"`
	// Undecided is the comparison that the bounds do not decide.
	Undecided string         `json:"undecided,omitempty"`
	Numbers   []AssertNumber `json:"numbers,omitempty"` // that the condition uses
	Hopeless  bool           `json:"-"`                 // more rounds could not help
	// Known are all numbers of the assert, for its message.
	Known map[expr.Ref]expr.Interval `json:"-"`
}

// An AssertNumber is a measured number as the condition saw it. A bound that the
// rounds do not give is null; of a number that is known both are it.
type AssertNumber struct {
	Name     string   `json:"name"` // as written: ratio.decode
	Estimate *float64 `json:"estimate"`
	Lower    *float64 `json:"lower"`
	Upper    *float64 `json:"upper"`
	Alpha    float64  `json:"alpha,omitempty"` // one-sided level of each bound
}

// Answer is the verdict, of documents that hold none too.
func (r AssertResult) Answer() Verdict {
	switch {
	case r.Verdict != "":
		return r.Verdict
	case r.Passed:
		return Pass
	}
	return Fail
}

func caseIDs(places []Place) []string {
	out := []string{}
	for _, p := range places {
		out = append(out, p.Case)
	}
	return slices.Compact(out)
}
