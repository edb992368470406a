package config

import (
	"math"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
)

// caseBounds are the arguments of a guardrail that may hang on the case.
var caseBounds = []string{"min_ratio", "margin", "min_gain", "min", "max", "min_rate", "max_time", "where"}

// bounds evaluates the bounds of a guardrail: once, or in every case if one of
// them hangs on the case.
func (x *experiment) bounds(r *reader, g *Guardrail) {
	if !hangsOnCase(r.attrs) {
		if !r.boundsOf(g) {
			x.nowhere(r, g)
		}
		return
	}
	faults := newCaseFaults(len(x.Cases))
	first := true
	g.Cases, g.byCase = map[string]bool{}, map[string]Guardrail{}
	plain := *g
	plain.byCase = nil
	for i := range x.Cases {
		c := &x.Cases[i]
		inner := &reader{attrs: r.attrs, scope: c.names}
		own := plain
		asked := inner.boundsOf(&own)
		faults.add(c.ID, inner.diags)
		if !asked {
			continue
		}
		g.Cases[c.ID] = true
		g.byCase[c.ID] = own
		if first {
			first = false
			g.MinRatio, g.Margin, g.MinGain, g.Min, g.Max, g.MinRate, g.MaxTime = own.MinRatio, own.Margin, own.MinGain, own.Min, own.Max, own.MinRate, own.MaxTime
		}
		if own.Absolute() != g.Absolute() && !r.diags.HasErrors() {
			r.fault(g.Range, "Two questions", "%q is a bound on the value in some cases and against the baseline in others, such as %s. Write two guardrails, each with a where.", g.Name, c.ID)
		}
	}
	r.diags = append(r.diags, faults.result()...)
	if first && len(x.Cases) > 0 && !r.diags.HasErrors() {
		x.nowhere(r, g)
	}
	if len(g.Cases) == len(x.Cases) {
		g.Cases = nil
	}
}

func (x *experiment) nowhere(r *reader, g *Guardrail) {
	g.Cases = map[string]bool{}
	if !r.diags.HasErrors() {
		r.warn(r.attrs["where"].Expr.Range(), "Never asked", "where holds in no case, so that the guardrail %q is never judged.", g.Name)
	}
}

func hangsOnCase(attrs hcl.Attributes) bool {
	for _, name := range caseBounds {
		if attrs[name] == nil {
			continue
		}
		for _, t := range attrs[name].Expr.Variables() {
			if t.RootName() == "matrix" {
				return true
			}
		}
	}
	return false
}

// boundsOf evaluates the bounds in the reader's scope and says whether the
// guardrail is asked there.
func (r *reader) boundsOf(g *Guardrail) bool {
	if !r.boolean("where", true) {
		return false
	}
	g.MinRatio, g.Margin = r.number("min_ratio", 1, 0.001, 1000), r.number("margin", 0.01, 0, 1)
	g.MinGain = r.number("min_gain", g.Margin, 0, 1000)
	g.Min, g.Max, g.MinRate = r.bound("min", -math.MaxFloat64), r.bound("max", -math.MaxFloat64), r.bound("min_rate", 0)
	g.MaxTime = r.duration("max_time", 0, time.Nanosecond, 24*time.Hour)
	if g.Min != nil && g.Max != nil && *g.Min > *g.Max {
		r.invalid(r.attrs["min"], "%v is above max, %v, so that no value could pass.", *g.Min, *g.Max)
	}
	return true
}

// bound reads a number of at least least; nil: not written, or null.
func (r *reader) bound(name string, least float64) *float64 {
	v, attr, ok := r.value(name, cty.Number, "a number")
	if !ok {
		return nil
	}
	f, _ := v.AsBigFloat().Float64()
	if f < least || math.IsInf(f, 0) {
		r.invalid(attr, "%s will not do: a finite number of at least %v is required.", diag.Text(v), least)
		return nil
	}
	return &f
}
