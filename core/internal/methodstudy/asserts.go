package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

// speed is the number that the study's asserts are about.
var speed = judge.Number{Root: expr.Ratio, Name: phase}

// asserted is what is asserted of a variant, and its true speed. Where the truth
// lies on the line of the condition, neither answer can be known.
var asserted = []struct {
	condition string
	speed     float64
	truth     judge.Verdict // the other one is wrong; empty: both are
}{
	{"ratio.decode > 1", 1, ""},
	{"abs(ratio.decode - 1) < 0.01", 0.99, ""},
	{"ratio.decode > 0.99 && ratio.decode < 1.01", 1, judge.Pass},
	{"ratio.decode > 1", 1.01, judge.Pass},
	{"ratio.decode > 1", 1.03, judge.Pass},
	{"ratio.decode > 1", 0.97, judge.Fail},
}

// An assertRow counts the answers of one condition on one machine.
type assertRow struct {
	weather, condition string
	speed              float64
	trials, rounds     int
	verdicts           map[judge.Verdict]int
	wrong              int
}

// measureAsserts runs sessions of one assert each, with the shipped code.
func measureAsserts(w weather, k, trials int) (assertRow, error) {
	x := asserted[k]
	r := assertRow{weather: w.name, condition: x.condition, speed: x.speed, trials: trials, verdicts: map[judge.Verdict]int{}}
	a := judge.Assert{Name: "a", Variant: "variant", Condition: x.condition, Numbers: []judge.Number{speed}}
	place := judge.Place{Case: "only", Baseline: "baseline", Variants: []string{"variant"}}
	plan, err := judge.PlanFor(judge.Method{}, nil, []judge.Assert{a}, []judge.Place{place})
	if err != nil {
		return r, err
	}
	asked := judge.Ask([]judge.Assert{a}, []judge.Place{place})[0]
	for i := range trials {
		m := newMachine(w, rand.New(rand.NewPCG(seed+500+uint64(k), uint64(i))))
		v, rounds, err := assertSession(m, plan, asked, x.speed)
		if err != nil {
			return r, err
		}
		r.verdicts[v]++
		r.rounds += rounds
		if decided := v == judge.Pass || v == judge.Fail; decided && v != x.truth {
			r.wrong++
		}
	}
	return r, nil
}

// assertSession measures until the shipped code says stop.
func assertSession(m *machine, plan judge.Plan, asked judge.Asked, speed float64) (judge.Verdict, int, error) {
	c := newCase("only")
	control, variant := &c.Phases[0].Control, &c.Phases[0].Variants[0]
	read := func(string, string, judge.Number) judge.Reading {
		return judge.Reading{Rounds: len(control.LogRatios), Arm: *variant, Control: *control}
	}
	for {
		answer := judge.Answer(plan, asked, read)
		d, err := judge.Decide(plan, nil, c, []judge.AssertResult{answer})
		if err != nil || d.Stop {
			return answer.Verdict, len(control.LogRatios), err
		}
		if err := measureRounds(m, &c, d.AddRounds, speed); err != nil {
			return "", 0, err
		}
	}
}

func assertTable(b *strings.Builder, rows []assertRow) {
	b.WriteString("\nSessions of one assert:\n\n")
	b.WriteString("| machine | condition | true ratio | wrong | pass | fail | inconclusive | invalid | rounds |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range rows {
		n := func(v judge.Verdict) string { return pct(r.verdicts[v], r.trials) }
		fmt.Fprintf(b, "| %s | `%s` | %g | %s | %s | %s | %s | %s | %.1f |\n", r.weather, r.condition, r.speed, pct(r.wrong, r.trials),
			n(judge.Pass), n(judge.Fail), n(judge.Inconclusive), n(judge.Invalid), float64(r.rounds)/float64(r.trials))
	}
	b.WriteString("\n*Wrong*: where the true ratio lies on the line of the condition, a pass or a fail, which noise alone has made; else the false one of the two.\n")
}
