package rejudge

import (
	"math"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// RoundRatio is the speed of one variant and of the control against the
// baseline in one counted round, 0 where the round has no samples of it.
type RoundRatio struct {
	Index   int
	Variant float64
	Control float64
}

// PerRoundOf lists the counted rounds of a case that measured what a relative
// judgement is about.
func PerRoundOf(r *record.Result, c *record.Case, j judge.Judgement) []RoundRatio {
	if j.Speed() {
		return PerRound(c, j.Variant, j.Phase)
	}
	control := ""
	for _, v := range c.Variants {
		if v.Role == record.RoleControl {
			control = v.Name
		}
	}
	var out []RoundRatio
	for i := range c.Rounds {
		d := &c.Rounds[i]
		own, ok := r.RatioIn(c, j.Guardrail, d, j.Variant)
		if !d.Counted || !ok {
			continue
		}
		x := RoundRatio{Index: d.Index, Variant: own}
		if k, ok := r.RatioIn(c, j.Guardrail, d, control); ok {
			x.Control = k
		}
		out = append(out, x)
	}
	return out
}

// PerRound lists the counted rounds of a case that measured the variant.
func PerRound(c *record.Case, variant, phase string) []RoundRatio {
	base, control := "", ""
	for _, v := range c.Variants {
		switch v.Role {
		case record.RoleBaseline:
			base = v.Name
		case record.RoleControl:
			control = v.Name
		}
	}
	var out []RoundRatio
	for i := range c.Rounds {
		d := &c.Rounds[i]
		if !d.Counted {
			continue
		}
		own, ok := d.LogRatio(base, variant, phase)
		if !ok {
			continue
		}
		x := RoundRatio{Index: d.Index, Variant: math.Exp(own)}
		if k, ok := d.LogRatio(base, control, phase); ok {
			x.Control = math.Exp(k)
		}
		out = append(out, x)
	}
	return out
}
