package record

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/judge"
)

// timed is a round in which each arm took so many nanoseconds an iteration.
func timed(index int, arms []string, times ...float64) Round {
	d := Round{Index: index, Counted: true, Arms: arms}
	for pass := 1; pass <= 2; pass++ {
		for i, arm := range arms {
			v := Visit{Index: len(d.Visits) + 1, Variant: arm, Phase: "decode", Pass: pass}
			v.Samples.Add(Sample{Iterations: 1, WallNs: int64(times[i] * 1e6)})
			d.Visits = append(d.Visits, v)
		}
	}
	return d
}

// wobble is a round's own share of an arm's time, the same in every run of the
// test: up to a thousandth.
func wobble(round, arm int) float64 {
	x := math.Sin(float64(97*round+31*arm+11) * 12.9898)
	return 1 + 0.001*x
}

// contested is a document with one case, rounds of the case, and a race of the
// finalists that its first rounds give. times are those of base, a, b, c and the
// control; later, where given, those of the race.
func contested(t *testing.T, s Select, first, race int, times, later []float64) (*Result, *Case) {
	t.Helper()
	names := []string{"base", "a", "b", "c", "control"}
	r := &Result{Experiment: Experiment{Selects: []Select{s}, Measure: Measure{Phases: []string{"decode"}, Confidence: 0.95}}, Cases: []Case{{ID: "default"}}}
	var err error
	if r.Plan, err = judge.PlanFor(judge.Method{Confidence: 0.95, Rounds: first, MaxRounds: first, Races: 1}, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	c := &r.Cases[0]
	for i, n := range names {
		role := RoleVariant
		switch {
		case i == 0:
			role = RoleBaseline
		case n == "control":
			role = RoleControl
		}
		c.Variants = append(c.Variants, Variant{Name: n, Role: role})
	}
	run := func(from, n int, times []float64) (out []Round) {
		for k := range n {
			var own []float64
			for i := range names {
				own = append(own, times[i]*wobble(from+k, i))
			}
			out = append(out, timed(k+1, names, own...))
		}
		return out
	}
	c.Rounds = run(0, first, times)
	x := Race{Select: s.Name, Rounds: []Round{}}
	for _, n := range names[:4] {
		k := Candidate{Variant: n}
		if s.Phase == "" {
			k.Values = ratios(c.Rounds, n)
		}
		x.Candidates = append(x.Candidates, k)
	}
	if err := r.Shortlist(c, &s, &x); err != nil {
		t.Fatal(err)
	}
	if x.Goal > 0 {
		if later == nil {
			later = times
		}
		x.Rounds = run(100, race, later)
	}
	c.Races = []Race{x}
	return r, c
}

// ratios are the speeds of one variant, as an aim that is evaluated gives them.
func ratios(rounds []Round, name string) (out []*float64) {
	for i := range rounds {
		v, ok := rounds[i].LogRatio("base", name, "decode")
		if !ok {
			out = append(out, nil)
			continue
		}
		x := math.Exp(v)
		out = append(out, &x)
	}
	return out
}

func TestDecide(t *testing.T) {
	same := []float64{1, 1, 1, 1, 1}
	fast := []float64{1, 0.97, 1, 1.2, 1}
	speed := Select{Name: "best", Aim: Maximize, Of: "ratio.decode", Phase: "decode", Phases: []string{"decode"}, Finalists: 3, Rounds: 12}
	with := func(change func(*Select)) Select {
		s := speed
		change(&s)
		return s
	}
	for _, c := range []struct {
		name      string
		s         Select
		first     int
		race      int
		times     []float64
		later     []float64
		outcome   string
		variant   string
		tied      string
		finalists string // of the race
		reason    string // part of it
	}{
		{"the first rounds suffice", speed, 12, 12, fast, nil, "winner", "a", "", "", `the first 12 rounds: "a" is the best of 4`},
		{"too few of them for that", speed, 4, 12, fast, nil, "winner", "a", "", "base a b", `a second race of 12 rounds: "a" is the best of 3`},
		{"equal ones", speed, 8, 12, same, nil, "tie", "", "base a b", "base a b", "cannot be told apart"},
		{"two that are best", speed, 8, 12, []float64{1, 0.9, 0.9, 1, 1}, nil, "tie", "", "a b", "a b", `"a", "b" cannot be told apart`},
		{"the first of them", with(func(s *Select) { s.OnTie = TieFirst }), 8, 12, []float64{1, 0.9, 0.9, 1, 1}, nil, "tie", "a", "a b", "a b", "on_tie takes the first of them"},
		{"the race decides, not what it was for", speed, 4, 12, fast, []float64{1, 1, 0.97, 1.2, 1}, "winner", "b", "", "base a b", "best of 3"},
		{"the least", with(func(s *Select) { s.Aim = Minimize }), 12, 12, fast, nil, "winner", "c", "", "", "best of 4"},
		{"an aim that is evaluated", with(func(s *Select) { s.Phase = "" }), 4, 12, fast, nil, "winner", "a", "", "base a b", "best of 3"},
		{"two finalists", with(func(s *Select) { s.Finalists = 2 }), 4, 12, fast, nil, "winner", "a", "", "a b", "best of 2"},
		{"no second race, and few rounds", with(func(s *Select) { s.Rounds = 0 }), 4, 0, fast, nil, "tie", "", "base a b c", "", "the first 4 rounds"},
		{"no second race, and rounds enough", with(func(s *Select) { s.Rounds = 0 }), 12, 0, fast, nil, "winner", "a", "", "", "the first 12 rounds"},
		{"a race that was cut short", speed, 4, 2, fast, nil, "tie", "", "base a b", "base a b", "ended after 2 of 12 rounds"},
		{"beside a control that differs", speed, 4, 12, fast, []float64{1, 0.97, 1, 1.2, 1.03}, "none", "", "", "base a b", "the control"},
		{"less than the control strays", speed, 4, 12, fast, []float64{1, 0.997, 1, 1.2, 1.003}, "tie", "", "base a b", "base a b", "charged to the machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, one := contested(t, c.s, c.first, c.race, c.times, c.later)
			x := &one.Races[0]
			var fresh []Candidate
			if c.s.Phase == "" {
				for _, n := range x.Finalists {
					fresh = append(fresh, Candidate{Variant: n, Values: ratios(x.Rounds, n)})
				}
			}
			s, err := r.Decide(one, &c.s, fresh)
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome != c.outcome || s.Variant != c.variant || strings.Join(s.Tied, " ") != c.tied || strings.Join(x.Finalists, " ") != c.finalists {
				t.Errorf("%s %q, tied %v, finalists %v (%s); want %s %q, tied %s, finalists %s", s.Outcome, s.Variant, s.Tied, x.Finalists, s.Reason, c.outcome, c.variant, c.tied, c.finalists)
			}
			if !strings.Contains(s.Reason, c.reason) {
				t.Errorf("%q, want %q", s.Reason, c.reason)
			}
			holdsTogether(t, s)
		})
	}
}

// Where the control has too few rounds for any bound, nobody is proven worse.
func TestControlOfFewRoundsProvesNoWinner(t *testing.T) {
	s := Select{Name: "best", Aim: Maximize, Of: "ratio.decode", Phase: "decode", Phases: []string{"decode"}, Finalists: 3, Rounds: 12, OnTie: TieFirst}
	r, c := contested(t, s, 4, 12, []float64{1, 0.9, 1, 1.2, 1}, nil)
	for i := range c.Races[0].Rounds[:8] {
		d := &c.Races[0].Rounds[i]
		d.Visits = slices.DeleteFunc(d.Visits, func(v Visit) bool { return v.Variant == "control" })
	}
	got, err := r.Decide(c, &s, nil)
	if err != nil || got.Outcome != OutcomeTie || got.Variant != "base" || !strings.Contains(got.Reason, "every difference may be the machine's") {
		t.Errorf("%+v, %v", got, err)
	}
}

// holdsTogether checks what every answer keeps to.
func holdsTogether(t *testing.T, s Selection) {
	t.Helper()
	behind := 0
	for _, f := range s.Finalists {
		if f.Behind {
			behind++
		}
		if a := f.Against; a != nil && a.Upper != nil && (*a.Upper < 1) != f.Behind && s.Rounds > 4 && !strings.Contains(s.Reason, "charged") {
			t.Errorf("%s is at most %v of the best, and behind: %t", f.Variant, *a.Upper, f.Behind)
		}
	}
	switch {
	case s.Outcome == OutcomeWinner && (behind != len(s.Finalists)-1 || len(s.Tied) > 0 || s.Value <= 0):
		t.Errorf("a winner of %v with %d of %d behind, tied %v", s.Value, behind, len(s.Finalists), s.Tied)
	case s.Outcome == OutcomeTie && (behind != len(s.Finalists)-len(s.Tied) || len(s.Tied) < 2):
		t.Errorf("a tie of %v with %d of %d behind", s.Tied, behind, len(s.Finalists))
	case s.Outcome == OutcomeNone && s.Variant != "":
		t.Errorf("none, and %q", s.Variant)
	}
}

// Rounds are numbered through: those of the case, then those of its races.
func TestRoundsOfRacesComeLast(t *testing.T) {
	c := Case{Rounds: []Round{{Seed: 1}, {Seed: 2}}, Races: []Race{{}, {Rounds: []Round{{Seed: 3}}}, {Rounds: []Round{{Seed: 4}, {Seed: 5}}}}}
	got := ""
	for n := 1; n <= c.Begun(); n++ {
		got += fmt.Sprint(c.Round(n).Seed)
	}
	if got != "12345" || c.Round(0) != nil || c.Round(6) != nil || c.Round(-1) != nil {
		t.Errorf("rounds %s, beyond them %v, %v and %v", got, c.Round(0), c.Round(6), c.Round(-1))
	}
}
