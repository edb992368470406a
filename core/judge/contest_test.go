package judge

import (
	"math"
	"testing"
)

// A race has the rounds in which its control can be read and a winner be proven,
// however many guardrails and races share the error.
func TestRaceRoundsSuffice(t *testing.T) {
	for _, controls := range []int{1, 8, 100} {
		for _, races := range []int{1, 3, 20} {
			for _, finalists := range []int{2, 3, 16} {
				p := plan(t, Method{Claims: controls, Controls: controls, Races: races})
				rounds, note, err := p.RaceRounds("best", 1, finalists)
				if err != nil || note == "" {
					t.Fatalf("%d rounds, note %q, %v", rounds, note, err)
				}
				bias, unsound, err := p.ControlBias(around(1, 0.001, rounds))
				if err != nil || unsound != "" || math.IsInf(bias, 0) {
					t.Errorf("%d controls, %d races: the control of %d rounds is not read: %v, %q, %v", controls, races, rounds, bias, unsound, err)
				}
				c := Contest{Names: []string{"fast", "slow"}, Values: [][]float64{around(1.1, 0.001, rounds), around(1, 0.001, rounds)}, Pair: func(i, j int) []float64 {
					return around([2]float64{1.1, 1}[i]/[2]float64{1.1, 1}[j], 0.001, rounds)
				}}
				if best, all, err := c.Best(p.RaceLevel(finalists), bias); err != nil || best != 0 || !all[1].Behind {
					t.Errorf("%d controls, %d races, %d finalists: no winner in %d rounds: %v", controls, races, finalists, rounds, err)
				}
			}
		}
	}
}

// A control with too few rounds for any bound says nothing: not that the machine
// is fair.
func TestControlOfFewRoundsIsUnknown(t *testing.T) {
	p := plan(t, Method{})
	for rounds, want := range map[int]float64{1: math.Inf(1), 5: math.Inf(1), 6: 0} {
		if bias, unsound, err := p.ControlBias(around(1, 0.001, rounds)); bias != want || unsound != "" || err != nil {
			t.Errorf("%d rounds: bias %v, unsound %q, %v, want %v", rounds, bias, unsound, err, want)
		}
	}
	if _, unsound, _ := p.ControlBias(nil); unsound == "" {
		t.Error("a control without rounds is sound")
	}
}
