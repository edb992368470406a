package config

import (
	"reflect"
	"slices"

	"github.com/assay-bench/assay/core/judge"
)

// Judged gives the guardrails in the judge's terms, one for all cases that have
// the same bounds, and the size of each case. What shares the error, and with it
// the looks, is counted from these by [judge.PlanFor] alone.
func (e *Experiment) Judged() ([]judge.Guardrail, []judge.Size) {
	out := []judge.Guardrail{}
	for i := range e.Guardrails {
		out = append(out, e.judged(&e.Guardrails[i])...)
	}
	var sizes []judge.Size
	for i := range e.Cases {
		sizes = append(sizes, judge.Size{Case: e.Cases[i].ID, Variants: len(e.Cases[i].Variants) - 1})
	}
	return out, sizes
}

func (e *Experiment) judged(g *Guardrail) []judge.Guardrail {
	var out []judge.Guardrail
	asked := 0
	for i := range e.Cases {
		own, ok := g.In(e.Cases[i].ID)
		if !ok {
			continue
		}
		asked++
		j := e.oneJudged(&own)
		k := slices.IndexFunc(out, func(o judge.Guardrail) bool {
			o.Cases = nil
			return reflect.DeepEqual(o, j)
		})
		if k < 0 {
			k = len(out)
			out = append(out, j)
		}
		out[k].Cases = append(out[k].Cases, e.Cases[i].ID)
	}
	if len(out) == 1 && asked == len(e.Cases) {
		out[0].Cases = nil
	}
	return out
}

// oneJudged is a guardrail in one case. An absolute one has no ratio to state.
func (e *Experiment) oneJudged(g *Guardrail) judge.Guardrail {
	out := judge.Guardrail{
		Name: g.Name, Phase: g.Phase, Metric: g.Metric, Statistic: g.Statistic, Variant: g.Variant, Against: g.Against,
		Min: g.Min, Max: g.Max, MinRate: g.MinRate, MaxTime: g.MaxTime.Nanoseconds(), OnFail: judge.OnFail(g.OnFail),
	}
	if !g.Absolute() {
		out.MinRatio, out.Margin, out.MinGain = g.MinRatio, g.Margin, g.MinGain
	}
	if g.Metric != "" {
		m, _ := e.GuardedMetric(g.Metric)
		out.Unit, out.Better, out.Exact = m.Unit, m.Better, m.Exact
		return out
	}
	if i := slices.IndexFunc(e.Phases, func(p Phase) bool { return p.Name == g.Phase }); i >= 0 {
		out.Unit = e.Phases[i].Unit
	}
	return out
}

// JudgedTradeoffs are the trade-offs in the judge's terms.
func (e *Experiment) JudgedTradeoffs() []judge.Tradeoff {
	out := []judge.Tradeoff{}
	for _, o := range e.Tradeoffs {
		j := judge.Tradeoff{Guardrail: o.Guardrail, Reason: o.Reason, Variant: o.Variant, MaxLoss: o.MaxLoss}
		for i := range e.Cases {
			if o.Cases[e.Cases[i].ID] {
				j.Cases = append(j.Cases, e.Cases[i].ID)
			}
		}
		if o.Cases != nil && len(o.Cases) == 0 {
			continue // its where holds nowhere
		}
		out = append(out, j)
	}
	return out
}
