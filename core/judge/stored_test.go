package judge

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// since is decode held against a stored session of so many rounds.
func since(now, then, control, before []float64) ([]Guardrail, []Case) {
	g := decode
	g.Against = "release"
	return []Guardrail{g}, []Case{{ID: "bits=4", Rounds: len(now), Others: []Quantity{{
		Guardrail: g.Name,
		Control:   Arm{Name: "control", LogRatios: control, Stored: before, Beside: "separate"},
		Variants:  []Arm{{Name: "fused", LogRatios: now, Stored: then, Beside: "separate"}},
	}}}}
}

// What a stored session can say has a limit of its own, and the advice is about
// the session that is to be measured again.
func TestStoredSessionLimits(t *testing.T) {
	for _, c := range []struct {
		name         string
		claims       int
		speed        float64
		then, before float64 // spread of the stored session's variant and control
		now          float64 // spread of this session's
		stored       int     // its rounds
		want         Verdict
		reason, next string
	}{
		{"enough", 1, 1, 0.003, 0.003, 0.003, 24, Pass, "ruled out", "nothing to do"},
		{"few rounds", 1, 1, 0.003, 0.003, 0.003, 6, Invalid, `the 6 rounds of the stored baseline "release" are too few`, `measure the stored baseline "release" again, with rounds = 9 or more`},
		{"few rounds for many claims", 8, 1, 0.003, 0.003, 0.003, 8, Invalid, "the 8 rounds of the stored baseline", "rounds = 11 or more"},
		{"noisy control then", 1, 1, 0.003, 0.2, 0.003, 24, Invalid, "noise floor", `measure the stored baseline "release" again with more rounds than its 24`},
		{"noisy variant then", 1, 1, 0.05, 0.003, 0.003, 24, Inconclusive, "neither", `leave more open than any number of rounds now could settle: measure "release" again`},
		{"noisy variant now", 1, 1, 0.003, 0.003, 0.03, 24, Inconclusive, "neither", "measure again with max_rounds = "},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := plan(t, Method{Claims: c.claims, Stored: c.claims})
			gs, cases := since(around(c.speed, c.now, p.MaxRounds), around(1, c.then, c.stored), around(1, 0.003, p.MaxRounds), around(1, c.before, c.stored))
			js, err := Judge(p, gs, cases)
			if err != nil {
				t.Fatal(err)
			}
			j := js[0]
			if j.Verdict != c.want || !strings.Contains(j.Reason, c.reason) || !strings.Contains(j.Next, c.next) {
				t.Errorf("%s: %s\nnext: %s\nwant %s: … %s …\nnext: … %s …", j.Verdict, j.Reason, j.Next, c.want, c.reason, c.next)
			}
			if strings.Contains(j.Next, "raise rounds") {
				t.Errorf("next: %s: rounds of now are not what is missing", j.Next)
			}
			if !strings.Contains(j.Rule, `that of the stored baseline "release"`) || !strings.Contains(j.Rule, "each session has half") {
				t.Errorf("rule: %s", j.Rule)
			}
		})
	}
}

// docs/hcl.md says how many rounds a stored session needs.
func TestStoredNeeds(t *testing.T) {
	for claims, want := range map[int]int{1: 9, 16: 13} {
		p := plan(t, Method{Claims: claims, Stored: claims, Controls: claims})
		if n := p.storedNeeds(len(p.Looks) - 1); n != want {
			t.Errorf("%d claims: %d rounds, want %d", claims, n, want)
		}
	}
}

// The advised rounds of a stored session are the fewest that give a bound.
func TestStoredAdviceWorks(t *testing.T) {
	p := plan(t, Method{Claims: 3, Stored: 3, Controls: 3})
	last := len(p.Looks) - 1
	n := p.storedNeeds(last)
	for _, k := range []int{n - 1, n} {
		gs, cases := since(around(1, 0.002, p.MaxRounds), around(1, 0.002, k), around(1, 0.002, p.MaxRounds), around(1, 0.002, k))
		js, err := Judge(p, gs, cases)
		if err != nil {
			t.Fatal(err)
		}
		if passed := js[0].Verdict == Pass; passed != (k == n) {
			t.Errorf("%d rounds of the stored session, %d needed: %s: %s", k, n, js[0].Verdict, js[0].Reason)
		}
	}
}

// A session does not go on to looks at which its stored baseline gives no bound.
func TestStoredSessionEndsLooks(t *testing.T) {
	p := plan(t, Method{Stored: 1})
	gs, cases := since(around(0.995, 0.02, p.Rounds), around(1, 0.002, 6), around(1, 0.002, p.Rounds), around(1, 0.002, 6))
	d, err := Decide(p, gs, cases[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Stop || !strings.Contains(d.Reason, "more rounds would not help") {
		t.Errorf("stop %v: %s", d.Stop, d.Reason)
	}
}

// Either session has half of the error, so that claims against a stored one take
// more rounds for a verdict.
func TestPlanForStored(t *testing.T) {
	g := decode
	for _, claims := range []int{1, 2, 6, 16} {
		p := plan(t, Method{Claims: claims, Stored: claims})
		if leastP(p.Rounds) > sessionShare*p.share(0) {
			t.Errorf("%d claims against a stored session: %d rounds cannot give a pass", claims, p.Rounds)
		}
		if !slices.ContainsFunc(p.Looks, func(l Look) bool {
			return leastP(l.Rounds) <= sessionShare*doubtShare*l.Alpha/float64(p.Claims)
		}) {
			t.Errorf("%d claims: no look settles beside a noisy control", claims)
		}
	}
	g.Against = "release"
	p, err := PlanFor(Method{Rounds: 6, MaxRounds: 6}, []Guardrail{g}, nil, []Place{{Case: "x", Baseline: "separate", Variants: []string{"fused"}}})
	if err != nil || p.Stored != 1 || p.Rounds != 8 || math.Abs(p.Looks[0].Alpha-0.05) > 1e-12 {
		t.Errorf("plan %+v, %v; want one stored claim and 8 rounds, one more than without", p, err)
	}
}
