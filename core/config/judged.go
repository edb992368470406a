package config

import (
	"encoding/json"
	"reflect"
	"slices"

	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/assay-bench/assay/core/judge"
)

// Plan fixes looks and error levels before any data.
func (e *Experiment) Plan(m judge.Method) (judge.Plan, error) {
	m.Rounds, m.MaxRounds, m.Races = e.Measure.Rounds, e.Measure.MaxRounds, e.Races()
	return judge.PlanFor(m, e.Judged(), append(e.JudgedAsserts(), e.wheres()...), e.places())
}

// Judged gives the guardrails in the judge's terms, one for all cases that have
// the same bounds.
func (e *Experiment) Judged() []judge.Guardrail {
	out := []judge.Guardrail{}
	for i := range e.Guardrails {
		out = append(out, e.judged(&e.Guardrails[i])...)
	}
	return out
}

// JudgedAsserts are the asserts in the judge's terms.
func (e *Experiment) JudgedAsserts() []judge.Assert {
	out := []judge.Assert{}
	for i := range e.Asserts {
		out = append(out, e.Asserts[i].Assert)
	}
	return out
}

// wheres are the conditions of selects, which share the error with the asserts.
func (e *Experiment) wheres() (out []judge.Assert) {
	for _, s := range e.Selects {
		if s.Where != nil {
			out = append(out, *s.Where)
		}
	}
	return out
}

func (e *Experiment) places() []judge.Place {
	var out []judge.Place
	for i := range e.Cases {
		c := &e.Cases[i]
		p := judge.Place{Case: c.ID, Matrix: map[string]json.RawMessage{}}
		for key, v := range c.Matrix {
			p.Matrix[key], _ = ctyjson.Marshal(v, v.Type()) // what a matrix holds was checked
		}
		for _, v := range c.Variants {
			if v.Baseline {
				p.Baseline = v.Name
			} else {
				p.Variants = append(p.Variants, v.Name)
			}
		}
		out = append(out, p)
	}
	return out
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
