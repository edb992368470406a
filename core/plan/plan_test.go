package plan

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/config"
)

func experiment(rounds, maxRounds int, budget time.Duration, variants ...string) *config.Experiment {
	c := config.Case{ID: "default"}
	for i, v := range variants {
		c.Variants = append(c.Variants, config.Variant{Name: v, Baseline: i == 0})
	}
	return &config.Experiment{
		Name: "x", Cases: []config.Case{c},
		Measure: config.Measure{
			Rounds: rounds, MaxRounds: maxRounds, Visit: 100 * time.Millisecond, Budget: budget,
			Phases: []string{"decode", "prefill"},
		},
	}
}

func TestEstimate(t *testing.T) {
	costs := Costs{Start: time.Second, Prepare: 100 * time.Millisecond, WarmUpVisits: 1}
	// 3 arms, there and back, 2 phases: 12 visits of 100 ms; 6 warm-ups of
	// 100 ms; 3 preparations of 100 ms; one start.
	const round = 1200*time.Millisecond + 600*time.Millisecond + 300*time.Millisecond + time.Second
	selecting := func(e *config.Experiment) *config.Experiment { // 12 rounds of 3 arms, and none
		e.Selects = []config.Select{{Name: "best", Finalists: 3, Rounds: 12}, {Name: "least", Exact: true, Finalists: 3, Rounds: 8}, {Name: "first", Finalists: 3}}
		return e
	}
	cases := []struct {
		name              string
		experiment        *config.Experiment
		estimate, maximum time.Duration
	}{
		{"and the rounds of races", selecting(experiment(8, 24, time.Hour, "a", "b")), 20 * round, 36 * round},
		{"within the budget", experiment(8, 24, time.Hour, "a", "b"), 8 * round, 24 * round},
		{"budget ends the added rounds", experiment(8, 24, 40*time.Second, "a", "b"), 8 * round, 40 * time.Second},
		{"rounds asked for are run whatever the budget", experiment(8, 24, time.Second, "a", "b"), 8 * round, 8 * round},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := New([]*config.Experiment{c.experiment}, costs)
			if p.Estimate != c.estimate || p.Maximum != c.maximum {
				t.Errorf("estimate %v, maximum %v; want %v, %v", p.Estimate, p.Maximum, c.estimate, c.maximum)
			}
			if got := p.Experiments[0].Cases[0]; got.VisitsPerRound != 12 || got.Arms != 3 || got.Baseline != "a" {
				t.Errorf("case %+v", got)
			}
		})
	}
}

func TestEmptyPlanIsJSONWithoutNulls(t *testing.T) {
	raw, err := json.Marshal(New(nil, DefaultCosts()))
	if err != nil || string(raw) != `{"experiments":[],"assumed":{"start_ns":150000000,"prepare_ns":250000000,"warm_up_visits":1},"estimate_ns":0,"maximum_ns":0}` {
		t.Errorf("%s, %v", raw, err)
	}
}
