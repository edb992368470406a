package judge

import (
	"math"
	"strings"
	"testing"
)

func TestDecide(t *testing.T) {
	quiet := func(n int) []float64 { return around(1, 0.002, n) }
	for _, c := range []struct {
		name   string
		c      []Case
		stop   bool
		add    int
		reason string
	}{
		{"nothing yet", one(nil, nil), false, 8, "look is at 8"},
		{"between looks the data is not looked at", one(append(quiet(4), math.NaN()), quiet(5)), false, 3, "look is at 8"},
		{"clear pass", one(quiet(8), quiet(8)), true, 0, "settled after 8"},
		{"clear fail", one(around(0.9, 0.002, 8), quiet(8)), true, 0, "settled after 8"},
		{"undecided", one(around(0.993, 0.006, 8), quiet(8)), false, 8, "to the look at 16"},
		{"undecided at the second look", one(around(0.993, 0.01, 16), quiet(16)), false, 8, "to the look at 24"},
		{"undecided at the end", one(around(0.993, 0.02, 24), quiet(24)), true, 0, "all 24"},
		{"control a little noisy", one(quiet(8), around(1, 0.02, 8)), false, 8, "noise floor"},
		{"control hopeless", one(quiet(8), around(1, 0.1, 8)), true, 0, "more rounds would not help"},
		{"control biased", one(around(0.9, 0.002, 8), around(0.9, 0.002, 8)), false, 8, "control"},
		{"simulated", []Case{{Unusable: &Lack{Reason: "times are simulated"}}}, true, 0, "simulated"},
		{"a variant lost rounds", []Case{{ID: "x", Rounds: 8, Phases: one(quiet(5), quiet(8))[0].Phases}}, false, 8, "too few"},
	} {
		d, err := Decide(plan(t, Method{}), []Guardrail{decode}, c.c[0], nil)
		if err != nil || d.Stop != c.stop || d.AddRounds != c.add || !strings.Contains(d.Reason, c.reason) {
			t.Errorf("%s: %+v, %v", c.name, d, err)
		}
	}
	d, err := Decide(plan(t, Method{}), nil, one(quiet(8), quiet(8))[0], nil)
	if err != nil || !d.Stop {
		t.Errorf("no guardrails: %+v, %v, want a stop at the first look", d, err)
	}
}

// Rounds are added for a guardrail that they can settle, and the reason names it.
func TestDecideNamesWhatCanBeSettled(t *testing.T) {
	hopeless := Guardrail{Name: "hopeless", Phase: "prefill", Variant: "fused", MinRatio: 1, Margin: 0.01}
	c := one(around(0.993, 0.006, 8), around(1, 0.002, 8))[0]
	prefill := one(around(1, 0.002, 8), around(1, 0.1, 8))[0].Phases[0]
	prefill.Name = "prefill"
	c.Phases = append(c.Phases, prefill)
	d, err := Decide(plan(t, Method{Claims: 2}), []Guardrail{hopeless, decode}, c, nil)
	if err != nil || d.Stop || !strings.Contains(d.Reason, decode.Name) || strings.Contains(d.Reason, hopeless.Name) {
		t.Errorf("%+v, %v", d, err)
	}
}

// What Decide called settled must stay settled when Judge has the last word on
// the same data: Holm is never stricter than the plain share.
func TestDecideAgreesWithJudge(t *testing.T) {
	for _, speed := range []float64{0.97, 0.98, 0.985, 0.99, 0.995, 1, 1.01} {
		for _, n := range []int{8, 16, 24} {
			p := plan(t, Method{Claims: 1})
			c := one(around(speed, 0.005, n), around(1, 0.005, n))
			d, err := Decide(p, []Guardrail{decode}, c[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			js, err := Judge(p, []Guardrail{decode}, c)
			if err != nil {
				t.Fatal(err)
			}
			if was, is := d.Judgements[0].Verdict, js[0].Verdict; was != is {
				t.Errorf("speed %v, %d rounds: %s while running, %s at the end", speed, n, was, is)
			}
		}
	}
}
