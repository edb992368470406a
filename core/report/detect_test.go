package report

import (
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/plan"
)

func TestPlanSaysWhatRoundsCanDetect(t *testing.T) {
	day := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	detect := func(spread, loss, lossMax float64, need int, own bool) plan.Detection {
		return plan.Detection{Guardrail: "no_loss", Phase: "decode", Margin: 0.01, Spread: spread, Sessions: 3, Own: own, Last: day, SmallestLoss: loss, SmallestLossMax: lossMax, RoundsNeeded: need}
	}
	e := plan.Experiment{
		Name: "x", Description: "?", Plugin: "p", Device: "cpu", Phases: []string{"decode"}, Guardrails: []string{"no_loss"},
		Rounds: 8, MaxRounds: 24, Visit: 1e8, Budget: 3e11, Output: "results/x.json", Notes: []string{"rounds raised from 6 to 8, the fewest at which a pass is possible"},
		Cases: []plan.Case{
			{ID: "n=1", Variants: []string{"a", "b"}, Baseline: "a", Round: 4e9, Measured: true, Detects: []plan.Detection{detect(0.0042, 0.0042, 0.0027, 7, true)}},
			{ID: "n=2", Variants: []string{"a", "b"}, Baseline: "a", Round: 4e9, Measured: true, Detects: []plan.Detection{detect(0.02, 0.02, 0.013, 40, false)}},
			{ID: "n=3", Variants: []string{"a", "b"}, Baseline: "a", Round: 4e9, Measured: true, Detects: []plan.Detection{detect(0.3, 1, 0.27, 9000, false)}},
			{ID: "n=4", Variants: []string{"a", "b"}, Baseline: "a", Round: 4e9},
		},
	}
	unknown := e
	unknown.Name, unknown.Notes, unknown.Cases = "y", nil, e.Cases[3:]
	p := &plan.Plan{Experiments: []plan.Experiment{e, unknown}, Costs: plan.DefaultCosts(), Estimate: 64e9, Maximum: 192e9}
	for golden, width := range map[string]int{"plan-history.golden": 0, "plan-history-80.golden": 80} {
		var b strings.Builder
		Plan(&b, p, Style{Width: width})
		checkGolden(t, golden, b.String())
		if width > 0 {
			within(t, b.String(), width)
		}
	}
}
