package judge

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// around gives n log-ratios of the given speed whose deviations are the same
// symmetric pattern each time, scaled by spread.
func around(speed, spread float64, n int) []float64 {
	d := make([]float64, n)
	for i := range d {
		u := (float64(i) + 0.5) / float64(n)                          // even quantiles …
		d[i] = math.Log(speed) + spread*math.Sqrt2*math.Erfinv(2*u-1) // … of a normal
		if i%2 == 1 {
			d[i] = math.Log(speed) - spread*math.Sqrt2*math.Erfinv(2*(float64(i)-0.5)/float64(n)-1)
		}
	}
	return d
}

func plan(t *testing.T, m Method) Plan {
	t.Helper()
	p, err := NewPlan(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func one(d, control []float64) []Case {
	return []Case{{ID: "bits=4", Phases: []Phase{{
		Name: "decode", Control: Arm{Name: "control", LogRatios: control},
		Variants: []Arm{{Name: "fused", LogRatios: d}},
	}}}}
}

var decode = Guardrail{Name: "no_decode_regression", Phase: "decode", Variant: "fused", MinRatio: 1, Margin: 0.01}

func TestVerdicts(t *testing.T) {
	quiet := around(1, 0.003, 24)
	with := func(f func(*Guardrail)) Guardrail { g := decode; f(&g); return g }
	cases := []struct {
		name string
		g    Guardrail
		c    []Case
		want Verdict
		also func(Judgement) bool
	}{
		{"same speed", decode, one(around(1, 0.003, 24), quiet), Pass, func(j Judgement) bool { return !j.Win && j.Final }},
		{"faster", decode, one(around(1.05, 0.003, 24), quiet), Pass, func(j Judgement) bool { return j.Win }},
		{"small loss", decode, one(around(0.997, 0.003, 24), quiet), Pass, func(j Judgement) bool { return *j.Upper < 1 && !j.Win }},
		{"loss beyond the margin", decode, one(around(0.9899, 0.003, 24), quiet), Fail, nil},
		{"loss just inside", decode, one(around(0.9905, 0.003, 24), quiet), Inconclusive, func(j Judgement) bool { return j.Final }},
		{"big loss", decode, one(around(0.95, 0.003, 24), quiet), Fail, func(j Judgement) bool { return j.Blocks() && j.Final }},
		{"noisy variant", decode, one(around(1, 0.05, 24), quiet), Inconclusive, nil},
		{"noisy control", decode, one(around(1, 0.003, 24), around(1, 0.05, 24)), Invalid, func(j Judgement) bool { return *j.Control.NoiseFloor > 0.01 }},
		{"noisy control and big loss", decode, one(around(0.8, 0.003, 24), around(1, 0.05, 24)), Fail, func(j Judgement) bool { return *j.Upper < 0.99 }},
		{"noisy control and a gain", decode, one(around(1.2, 0.003, 24), around(1, 0.05, 24)), Pass, func(j Judgement) bool { return j.Win && *j.Lower > 1 }},
		{"noisy control and no loss", decode, one(around(1, 0.003, 24), around(1, 0.05, 24)), Invalid, nil},
		{"noisy control and a loss near the margin", decode, one(around(0.987, 0.01, 24), around(1, 0.05, 24)), Invalid, nil},
		{"biased control", decode, one(around(0.95, 0.003, 24), around(0.98, 0.003, 24)), Invalid, func(j Judgement) bool { return j.Control.Excludes }},
		{"biased control, faster", decode, one(around(0.95, 0.003, 24), around(1.02, 0.003, 24)), Invalid, nil},
		{"biased control, perhaps by chance", decode, one(around(1, 0.003, 24), around(0.8, 0.1, 24)), Invalid,
			func(j Judgement) bool {
				return strings.Contains(j.Next, "close other programs") && strings.Contains(j.Next, "another seed")
			}},
		{"slightly biased control is charged", decode, one(around(1, 0.001, 24), around(1.002, 0.001, 24)), Pass,
			func(j Judgement) bool { return j.Control.Excludes && *j.Lower < 0.998 && *j.Upper > 1.002 }},
		{"charge turns a pass", decode, one(around(0.9925, 0.001, 24), around(1.002, 0.001, 24)), Inconclusive, nil},
		{"charge turns a win", decode, one(around(1.002, 0.001, 24), around(1.002, 0.001, 24)), Pass, func(j Judgement) bool { return !j.Win }},
		{"no control", decode, one(around(1, 0.003, 24), nil), Invalid, nil},
		{"no rounds", decode, one(nil, quiet), Inconclusive, func(j Judgement) bool { return j.Estimate == nil && j.Rounds == 0 }},
		{"no such phase", with(func(g *Guardrail) { g.Phase = "prefill" }), one(quiet, quiet), Inconclusive, func(j Judgement) bool { return j.Variant == "fused" }},
		{"no such variant", with(func(g *Guardrail) { g.Variant = "other" }), one(quiet, quiet), Inconclusive, func(j Judgement) bool { return j.Variant == "other" }},
		{"every variant", with(func(g *Guardrail) { g.Variant = "" }), one(quiet, quiet), Pass, func(j Judgement) bool { return j.Variant == "fused" }},
		{"simulated", decode, []Case{{ID: "x", Phases: one(quiet, quiet)[0].Phases, Unusable: &Lack{Reason: "times are simulated", Next: "measure on a device whose times count"}}}, Invalid, nil},
		{"control lost rounds", decode, one(around(0.9, 0.001, 24), around(1, 0.001, 5)), Invalid, func(j Judgement) bool { return j.Control.Lower == nil }},
		{"too few rounds", decode, one(around(1, 0.001, 4), around(1, 0.001, 4)), Invalid, func(j Judgement) bool { return j.Lower == nil && !j.Final }},
		{"first look", decode, one(around(1, 0.001, 8), around(1, 0.001, 8)), Pass, func(j Judgement) bool { return j.Look == 1 && j.Final }},
		{"first look, undecided", decode, one(around(0.992, 0.004, 8), around(1, 0.004, 8)), Inconclusive, func(j Judgement) bool { return !j.Final }},
		{"warn", with(func(g *Guardrail) { g.OnFail = OnFailWarn }), one(around(0.9, 0.003, 24), quiet), Fail, func(j Judgement) bool { return !j.Blocks() }},
		{"tradeoff missing", with(func(g *Guardrail) { g.OnFail = OnFailTradeoff }), one(around(0.9, 0.003, 24), quiet), Fail, func(j Judgement) bool { return j.Blocks() && !j.AcceptedByTradeoff }},
		{"tradeoff written", with(func(g *Guardrail) { g.OnFail = OnFailTradeoff; g.Tradeoffs = []Tradeoff{{Reason: "decode gains more"}} }), one(around(0.9, 0.003, 24), quiet), Fail,
			func(j Judgement) bool {
				return !j.Blocks() && j.AcceptedByTradeoff && j.Tradeoff == "decode gains more"
			}},
		{"tradeoff does not soften fail", with(func(g *Guardrail) { g.Tradeoffs = []Tradeoff{{Reason: "x"}} }), one(around(0.9, 0.003, 24), quiet), Fail, func(j Judgement) bool { return j.Blocks() }},
		{"must be faster", with(func(g *Guardrail) { g.MinRatio = 1.1 }), one(around(1.05, 0.003, 24), quiet), Fail, nil},
		{"must be faster, is", with(func(g *Guardrail) { g.MinRatio = 1.1 }), one(around(1.2, 0.003, 24), quiet), Pass, nil},
		{"margin 0 ignores the noise floor", with(func(g *Guardrail) { g.MinRatio = 1.1; g.Margin = 0 }), one(around(1.2, 0.01, 24), around(1, 0.01, 24)), Pass, nil},
		{"rounds beyond the plan", decode, one(append(around(1, 0.003, 24), around(0.5, 0.003, 24)...), quiet), Pass, func(j Judgement) bool { return j.Rounds == 24 }},
		{"all equal", decode, one(make([]float64, 24), make([]float64, 24)), Pass, func(j Judgement) bool { return !j.Win && *j.Lower == 1 && *j.Upper == 1 }},
	}
	var golden strings.Builder
	rule := ""
	for _, c := range cases {
		js, err := Judge(plan(t, Method{}), []Guardrail{c.g}, c.c)
		if err != nil || len(js) != 1 {
			t.Errorf("%s: %d judgements, %v", c.name, len(js), err)
			continue
		}
		j := js[0]
		if j.Verdict != c.want {
			t.Errorf("%s: %s, want %s: %s", c.name, j.Verdict, c.want, j.Reason)
		}
		if c.also != nil && !c.also(j) {
			b, _ := json.MarshalIndent(j, "", "  ")
			t.Errorf("%s: %s", c.name, b)
		}
		fmt.Fprintf(&golden, "%s: %s\n", c.name, j.Verdict)
		if j.Rule != rule {
			fmt.Fprintf(&golden, "  rule: %s\n", j.Rule)
			rule = j.Rule
		}
		fmt.Fprintf(&golden, "  reason: %s\n  next: %s\n", j.Reason, j.Next)
	}
	checkGolden(t, "testdata/verdicts.golden", golden.String())
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, d)
	}
}

// Whatever the data, a verdict must follow from the numbers shown beside it.
func TestVerdictFollowsFromShownNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	seen, wins := map[Verdict]int{}, 0
	for range 3000 {
		n := 1 + r.IntN(30)
		draw := func(center, sd float64) []float64 {
			d := make([]float64, n)
			for i := range d {
				d[i] = center + sd*r.NormFloat64()
			}
			return d
		}
		sd := 0.001 + 0.02*r.Float64()
		g := Guardrail{Name: "g", Phase: "decode", MinRatio: 0.95 + 0.1*r.Float64(), Margin: 0.01, MinGain: 0.01 * float64(r.IntN(2))}
		m := Method{Claims: 1 + r.IntN(4)}
		js, err := Judge(plan(t, m), []Guardrail{g}, one(draw(0.01*r.NormFloat64(), sd), draw(0, sd)))
		if err != nil {
			t.Fatal(err)
		}
		j := js[0]
		seen[j.Verdict]++
		if j.Win {
			wins++
		}
		line := g.MinRatio * (1 - g.Margin)
		above := j.Lower != nil && *j.Lower > line*(1+1e-12)
		below := j.Upper != nil && *j.Upper < g.MinRatio*(1-1e-12) && *j.Estimate <= line
		want := Inconclusive
		if above {
			want = Pass
		} else if below {
			want = Fail
		}
		if j.Verdict != want && j.Verdict != Invalid {
			t.Fatalf("%s, but lower %v upper %v estimate %v line %v", j.Verdict, j.Lower, j.Upper, j.Estimate, line)
		}
		if j.Win && (j.Verdict != Pass || *j.Lower <= 1 || *j.Estimate < (1+g.MinGain)*(1-1e-12)) {
			t.Fatalf("a win, but %s with lower %v and estimate %v, min_gain %v", j.Verdict, *j.Lower, *j.Estimate, g.MinGain)
		}
		if j.Rule == "" || j.Reason == "" || j.Next == "" {
			t.Fatalf("a text is missing: %+v", j)
		}
		if _, err := json.Marshal(j); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []Verdict{Pass, Fail, Inconclusive, Invalid} {
		if seen[v] < 50 {
			t.Errorf("only %d times %s in 3000: the test does not reach it", seen[v], v)
		}
	}
	if wins < 50 {
		t.Errorf("only %d wins in 3000: the test does not reach them", wins)
	}
}

// Holm's procedure lets the weaker claim of two pass at the whole level once the
// stronger has passed; the plain share does not.
func TestHolmAcrossClaims(t *testing.T) {
	p := plan(t, Method{Rounds: 8, MaxRounds: 8, Claims: 2})
	strong := around(1.05, 0.001, 8)
	// Measured from the pass line, ranks 1 and 4 are on the wrong side:
	// P(W <= 1+4) = 10/256 = 0.039, which is below 0.05 and above its half.
	weak := make([]float64, 8)
	for i, rank := range []float64{-1, 2, 3, -4, 5, 6, 7, 8} {
		weak[i] = decode.passLine() + rank/1000
	}
	g := decode
	g.Variant = ""
	c := one(strong, around(1, 0.001, 8))
	c[0].Phases[0].Variants = append(c[0].Phases[0].Variants, Arm{Name: "weak", LogRatios: weak})
	js, err := Judge(p, []Guardrail{g}, c)
	if err != nil {
		t.Fatal(err)
	}
	if js[1].Verdict != Pass {
		t.Errorf("%s at %v: %s", js[1].Verdict, js[1].AlphaPass, js[1].Reason)
	}
	if js[0].Verdict != Pass || js[0].AlphaPass != p.Looks[0].Alpha/2 || math.Abs(js[1].AlphaPass-p.Looks[0].Alpha) > 1e-15 {
		t.Errorf("levels %v and %v, want the half and the whole of %v", js[0].AlphaPass, js[1].AlphaPass, p.Looks[0].Alpha)
	}
	// An invalid neighbour must not free any of the error for the others.
	c = append(one(strong, around(0.9, 0.001, 8)), one(weak, around(1, 0.001, 8))...)
	c[1].ID = "bits=8"
	if js, err = Judge(p, []Guardrail{decode}, c); err != nil {
		t.Fatal(err)
	}
	if js[0].Verdict != Invalid || js[1].Verdict == Pass || js[1].AlphaPass != p.Looks[0].Alpha/2 {
		t.Errorf("beside an %s claim the level is %v, want %v", js[0].Verdict, js[1].AlphaPass, p.Looks[0].Alpha/2)
	}
}

func TestOverall(t *testing.T) {
	j := func(v Verdict, f OnFail, accepted bool) Judgement {
		return Judgement{Verdict: v, OnFail: f, AcceptedByTradeoff: accepted}
	}
	for _, c := range []struct {
		js   []Judgement
		want Verdict
	}{
		{nil, Pass},
		{[]Judgement{j(Pass, OnFailFail, false)}, Pass},
		{[]Judgement{j(Invalid, OnFailFail, false), j(Fail, OnFailFail, false)}, Fail},
		{[]Judgement{j(Invalid, OnFailFail, false), j(Inconclusive, OnFailFail, false)}, Invalid},
		{[]Judgement{j(Pass, OnFailFail, false), j(Inconclusive, OnFailFail, false)}, Inconclusive},
		{[]Judgement{j(Fail, OnFailWarn, false), j(Inconclusive, OnFailWarn, false)}, Pass},
		{[]Judgement{j(Fail, OnFailTradeoff, true)}, Pass},
		{[]Judgement{j(Fail, OnFailTradeoff, false)}, Fail},
	} {
		if got := Overall(c.js, nil); got != c.want {
			t.Errorf("%+v: %s, want %s", c.js, got, c.want)
		}
	}
}

func TestBadInput(t *testing.T) {
	ok := around(1, 0.003, 8)
	bad := append(around(1, 0.003, 7), math.NaN())
	p := plan(t, Method{})
	for name, f := range map[string]func() error{
		`variant "fused"`: func() error { _, err := Judge(p, []Guardrail{decode}, one(bad, ok)); return err },
		`control`:         func() error { _, err := Judge(p, []Guardrail{decode}, one(ok, bad)); return err },
		`min_ratio`:       func() error { _, err := Judge(p, []Guardrail{{MinRatio: math.NaN()}}, one(ok, ok)); return err },
		`margin`:          func() error { _, err := Judge(p, []Guardrail{{MinRatio: 1, Margin: 1}}, one(ok, ok)); return err },
		`on_fail`:         func() error { _, err := Judge(p, []Guardrail{{MinRatio: 1, OnFail: "stop"}}, one(ok, ok)); return err },
		`plan`:            func() error { _, err := Judge(Plan{}, []Guardrail{decode}, one(ok, ok)); return err },
		`no looks`:        func() error { _, err := Decide(Plan{}, []Guardrail{decode}, one(ok, ok)[0], nil); return err },
		`confidence`:      func() error { _, err := NewPlan(Method{Confidence: 1}); return err },
		`max_rounds: 4`:   func() error { _, err := NewPlan(Method{Rounds: 8, MaxRounds: 4}); return err },
		`max_rounds: 9`:   func() error { _, err := NewPlan(Method{MaxRounds: 9999}); return err },
		`-1 rounds`:       func() error { _, err := NewPlan(Method{Rounds: -1}); return err },
		`spending`:        func() error { _, err := NewPlan(Method{Spending: "x"}); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}
