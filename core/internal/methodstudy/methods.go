package main

import (
	"fmt"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

// margin is the loss that the guardrail overlooks.
const margin = 0.01

// launches per arm of the simpler methods.
const launches = 8

// An answer is what a method says, and the launches or visits it took.
type answer struct {
	verdict judge.Verdict
	rounds  int
	// estimateFails is what the method's bare estimate would say, with no bound
	// and no control: the answer that abstaining is measured against.
	estimateFails bool
	win           bool // a gain is claimed
}

// A method measures a variant that runs at the given speed against its baseline.
type method struct {
	name    string
	measure func(m *machine, speed float64) (answer, error)
}

var methods = []method{
	{"A-then-B, medians", func(m *machine, speed float64) (answer, error) {
		a, b := inTurn(m, speed)
		return point(stats.Median(a) / stats.Median(b)), nil
	}},
	{"A-then-B, Mann–Whitney", func(m *machine, speed float64) (answer, error) {
		a, b := inTurn(m, speed)
		return mannWhitney(a, b)
	}},
	{"random order, Mann–Whitney", func(m *machine, speed float64) (answer, error) {
		a, b := shuffled(m, speed)
		return mannWhitney(a, b)
	}},
	{"Assay", assay},
}

// inTurn measures all launches of the baseline and then all of the variant.
func inTurn(m *machine, speed float64) (a, b []float64) {
	for range launches {
		a = append(a, m.launch(1))
	}
	for range launches {
		b = append(b, m.launch(1/speed))
	}
	return a, b
}

// shuffled measures the same launches in random order.
func shuffled(m *machine, speed float64) (a, b []float64) {
	for _, i := range m.rng.Perm(2 * launches) {
		if i < launches {
			a = append(a, m.launch(1))
		} else {
			b = append(b, m.launch(1/speed))
		}
	}
	return a, b
}

// point fails on a difference of medians of at least the margin.
func point(ratio float64) answer {
	out := answer{verdict: judge.Pass, rounds: launches, estimateFails: ratio <= 1-margin}
	if out.estimateFails {
		out.verdict = judge.Fail
	}
	return out
}

// mannWhitney fails when the variant is slower at p < 0.05.
func mannWhitney(a, b []float64) (answer, error) {
	p, err := stats.MannWhitney(a, b)
	ratio := stats.Median(a) / stats.Median(b)
	out := answer{verdict: judge.Pass, rounds: launches, estimateFails: ratio <= 1-margin}
	if p < 0.05 && ratio < 1 {
		out.verdict = judge.Fail
	}
	return out, err
}

// guardrails of the study: one, as an author would write it.
var guardrails = []judge.Guardrail{{Name: "no_regression", Phase: phase, MinRatio: 1, Margin: margin, MinGain: margin}}

// assay is the shipped method: one guardrail, one variant, one control, rounds
// added from look to look as the shipped judge decides.
func assay(m *machine, speed float64) (answer, error) {
	plan, err := judge.NewPlan(judge.Method{})
	if err != nil {
		return answer{}, err
	}
	c, err := session(m, plan, "only", speed)
	if err != nil {
		return answer{}, err
	}
	js, err := judge.Judge(plan, guardrails, []judge.Case{c})
	if err != nil {
		return answer{}, err
	}
	return answer{verdict: js[0].Verdict, rounds: js[0].Rounds, win: js[0].Win, estimateFails: *js[0].Estimate <= 1-margin}, nil
}

// session measures one case until the shipped code says stop.
func session(m *machine, plan judge.Plan, id string, speed float64) (judge.Case, error) {
	c := newCase(id)
	for {
		d, err := judge.Decide(plan, guardrails, c, nil)
		if err != nil || d.Stop {
			return c, err
		}
		if err := measureRounds(m, &c, d.AddRounds, speed); err != nil {
			return c, err
		}
	}
}

func newCase(id string) judge.Case {
	return judge.Case{ID: id, Phases: []judge.Phase{{Name: phase, Variants: []judge.Arm{{Name: "variant"}}}}}
}

// measureRounds adds rounds of the baseline, its control and a variant of the
// given speed.
func measureRounds(m *machine, c *judge.Case, rounds int, speed float64) error {
	control, variant := &c.Phases[0].Control, &c.Phases[0].Variants[0]
	for range rounds {
		round := m.round([]float64{1, 1, 1 / speed})
		for i, arm := range []*judge.Arm{control, variant} {
			ratio, ok := round.LogRatio(armName(0), armName(1+i), phase)
			if !ok {
				return fmt.Errorf("case %q: a round without samples", c.ID)
			}
			arm.LogRatios = append(arm.LogRatios, ratio)
		}
	}
	return nil
}
