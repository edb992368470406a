package judge

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// spreadOver gives n values around a centre, with the same symmetric pattern each
// time.
func spreadOver(centre, spread float64, n int) []float64 {
	d := around(1, 1, n)
	for i := range d {
		d[i] = centre + spread*d[i]
	}
	return d
}

// asked is one case with the data of one guardrail that is not about a speed.
func asked(g Guardrail, variant, control Arm) []Case {
	variant.Name, control.Name = "fused", "control"
	return []Case{{ID: "default", Rounds: 24, Others: []Quantity{{
		Guardrail: g.Name, Control: control, Variants: []Arm{variant},
		Baseline: Arm{Name: "separate", Values: variant.Values},
	}}}}
}

func TestVerdictsOnOtherQuantities(t *testing.T) {
	most := func(x float64) *float64 { return &x }
	logs := func(speed, spread float64) Arm { return Arm{LogRatios: around(speed, spread, 24)} }
	values := func(v ...float64) Arm { return Arm{Values: v} }
	rounds := func(centre, spread float64) Arm { return Arm{Values: spreadOver(centre, spread, 24)} }
	quiet := logs(1, 0.003)
	relative := Guardrail{Name: "memory", Metric: "peak_device_bytes", Unit: "B", Better: "lower", Statistic: Median, MinRatio: 1, Margin: 0.02, MinGain: 0.02}
	tail := Guardrail{Name: "tail", Phase: "decode", Statistic: P99, Unit: "tok", MinRatio: 1, Margin: 0.05, MinGain: 0.05}
	exact := relative
	exact.Exact = true
	bytes := Guardrail{Name: "bytes", Metric: "peak_device_bytes", Unit: "B", Max: most(1 << 20)}
	within := Guardrail{Name: "within", Metric: "score", Min: most(10), Max: most(20)}
	rate := Guardrail{Name: "rate", Phase: "decode", Unit: "tok", MinRate: most(100)}
	late := Guardrail{Name: "late", Phase: "decode", Statistic: P90, Unit: "tok", MaxTime: 2e6}
	worst := Guardrail{Name: "worst", Metric: "rel_err", Statistic: Most, Max: most(1e-3)}
	err := Guardrail{Name: "err", Metric: "rel_err", Exact: true, Max: most(1e-3)}
	with := func(g Guardrail, f func(*Guardrail)) Guardrail { f(&g); return g }
	lack := Arm{Lacks: &Lack{Reason: "round 1 has 48 single iterations", Next: "raise samples"}}
	undefined := Arm{Lacks: &Lack{Reason: "a ratio of them means nothing", Next: "bound the value itself: max = …", Invalid: true}}
	var golden strings.Builder
	rule := ""
	for _, c := range []struct {
		name string
		g    Guardrail
		c    []Case
		want Verdict
		also func(Judgement) bool
	}{
		{"as much memory", relative, asked(relative, logs(1, 0.003), quiet), Pass, func(j Judgement) bool { return !j.Win }},
		{"more memory", relative, asked(relative, logs(0.9, 0.003), quiet), Fail, func(j Judgement) bool { return j.Metric != "" && j.Bound == nil }},
		{"less memory", relative, asked(relative, logs(1.1, 0.003), quiet), Pass, func(j Judgement) bool { return j.Win }},
		{"a little less", relative, asked(relative, logs(1.01, 0.003), quiet), Pass, func(j Judgement) bool { return !j.Win && *j.Lower > 1 }},
		{"no ratio", relative, asked(relative, undefined, quiet), Invalid, func(j Judgement) bool { return strings.Contains(j.Next, "max") && j.Final }},
		{"no value", relative, asked(relative, Arm{}, quiet), Inconclusive, nil},
		{"noisy control", relative, asked(relative, logs(1, 0.003), logs(1, 0.1)), Invalid, nil},
		{"slow tail", tail, asked(tail, logs(0.8, 0.02), quiet), Fail, nil},
		{"a tail of its own", tail, asked(tail, logs(0.97, 0.05), logs(1, 0.02)), Inconclusive, nil},
		{"too few for the percentile", tail, asked(tail, lack, quiet), Inconclusive, func(j Judgement) bool { return j.Final && j.Next == "raise samples" }},
		{"exact, the same", exact, asked(exact, values(1, 1, 1), Arm{}), Pass, func(j Judgement) bool { return j.AsIs && !j.Win && j.AlphaPass == 0 }},
		{"exact, no margin", with(exact, func(g *Guardrail) { g.Margin = 0 }), asked(exact, values(1), Arm{}), Pass, nil},
		{"exact, inside the margin", exact, asked(exact, values(0.99), Arm{}), Pass, nil},
		{"exact, beyond the margin", exact, asked(exact, values(0.98), Arm{}), Fail, nil},
		{"exact, better", exact, asked(exact, values(2, 2), Arm{}), Pass, func(j Judgement) bool { return j.Win }},
		{"exact, both ways", exact, asked(exact, values(2, 0.5), Arm{}), Inconclusive, nil},
		{"below the bound", bytes, asked(bytes, rounds(1e6, 1e4), Arm{}), Pass, func(j Judgement) bool { return *j.Bound.Max == 1<<20 && *j.Upper < 1<<20 }},
		{"above the bound", bytes, asked(bytes, rounds(1.2e6, 1e4), Arm{}), Fail, nil},
		{"on the bound", bytes, asked(bytes, rounds(1<<20, 0), Arm{}), Pass, nil},
		{"about the bound", bytes, asked(bytes, rounds(1<<20, 1e4), Arm{}), Inconclusive, nil},
		{"between", within, asked(within, rounds(15, 1), Arm{}), Pass, nil},
		{"beyond one of two", within, asked(within, rounds(22, 1), Arm{}), Fail, nil},
		{"below one of two", within, asked(within, rounds(8, 1), Arm{}), Fail, nil},
		{"across one of two", within, asked(within, rounds(19.8, 1), Arm{}), Inconclusive, nil},
		{"fast enough", rate, asked(rate, rounds(120, 3), Arm{}), Pass, func(j Judgement) bool { return j.Bound.Unit == "tok/s" }},
		{"the baseline too slow", with(rate, func(g *Guardrail) { g.Variant = "separate" }), asked(rate, rounds(80, 3), Arm{}), Fail, func(j Judgement) bool { return j.Variant == "separate" }},
		{"soon enough", late, asked(late, rounds(1.5e6, 1e5), Arm{}), Pass, nil},
		{"too late", late, asked(late, rounds(2.5e6, 1e5), Arm{}), Fail, nil},
		{"worst of all", worst, asked(worst, values(9e-4), Arm{}), Pass, func(j Judgement) bool { return j.AsIs }},
		{"one too many", worst, asked(worst, values(2e-3), Arm{}), Fail, nil},
		{"exact error", err, asked(err, values(1e-4, 1e-4), Arm{}), Pass, nil},
		{"exact error of some inputs", err, asked(err, values(1e-4, 2e-3), Arm{}), Inconclusive, func(j Judgement) bool { return strings.Contains(j.Next, "statistic") }},
		{"simulated", bytes, unusable(asked(bytes, rounds(1e6, 1e4), Arm{})), Invalid, nil},
		{"simulated, of all values", worst, unusable(asked(worst, values(9e-4), Arm{})), Invalid, nil},
		{"simulated, exact", err, unusable(asked(err, values(1e-4), Arm{})), Pass, nil},
	} {
		js, err := Judge(plan(t, Method{}), []Guardrail{c.g}, c.c)
		if err != nil || len(js) != 1 {
			t.Fatalf("%s: %d judgements, %v", c.name, len(js), err)
		}
		j := js[0]
		if j.Verdict != c.want || c.also != nil && !c.also(j) || j.Reason == "" || j.Rule == "" || j.Next == "" {
			b, _ := json.MarshalIndent(j, "", "  ")
			t.Errorf("%s: %s, want %s: %s", c.name, j.Verdict, c.want, b)
		}
		fmt.Fprintf(&golden, "%s: %s\n", c.name, j.Verdict)
		if j.Rule != rule {
			rule = j.Rule
			fmt.Fprintf(&golden, "  rule: %s\n", rule)
		}
		fmt.Fprintf(&golden, "  reason: %s\n  next: %s\n", j.Reason, j.Next)
	}
	checkGolden(t, "testdata/quantities.golden", golden.String())
}

func unusable(c []Case) []Case {
	c[0].Unusable = &Lack{Reason: "its times are simulated", Next: "measure on a device whose times count"}
	return c
}

// A bound's verdict can be read off the interval beside it, whatever the data and
// however many claims share the error.
func TestBoundFollowsFromShownNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seen := map[Verdict]int{}
	for range 3000 {
		n := 1 + r.IntN(30)
		draw := func(centre, sd float64) Arm {
			a := Arm{}
			for range n {
				a.Values = append(a.Values, centre+sd*r.NormFloat64())
			}
			return a
		}
		least, most := 10.0, 12.0
		g := Guardrail{Name: "g", Metric: "m"}
		if r.IntN(3) > 0 {
			g.Min = &least
		}
		if g.Min == nil || r.IntN(2) > 0 {
			g.Max = &most
		}
		c := asked(g, draw(9+4*r.Float64(), 0.05+r.Float64()), Arm{})
		for range r.IntN(3) {
			other := draw(9+4*r.Float64(), 0.1)
			other.Name = "other"
			c[0].Others[0].Variants = append(c[0].Others[0].Variants, other)
		}
		js, err := Judge(plan(t, Method{Claims: 1 + r.IntN(4)}), []Guardrail{g}, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range js {
			seen[j.Verdict]++
			within := (g.Min == nil || j.Lower != nil && *j.Lower >= least) && (g.Max == nil || j.Upper != nil && *j.Upper <= most)
			outside := g.Min != nil && j.Upper != nil && *j.Upper < least || g.Max != nil && j.Lower != nil && *j.Lower > most
			want := Inconclusive
			if within {
				want = Pass
			} else if outside {
				want = Fail
			}
			if j.Verdict != want {
				t.Fatalf("%s, want %s: lower %v upper %v, min %v max %v", j.Verdict, want, j.Lower, j.Upper, g.Min, g.Max)
			}
			if _, err := json.Marshal(j); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, v := range []Verdict{Pass, Fail, Inconclusive} {
		if seen[v] < 300 {
			t.Errorf("only %d times %s: the test does not reach it", seen[v], v)
		}
	}
}

// At the bound itself a session that looks up to three times is wrong no more
// often than it may be, with one bound and with two.
func TestBoundErrorOverLooks(t *testing.T) {
	const trials, allowed = 600, 0.05
	r := rand.New(rand.NewPCG(7, 8))
	bound, far := 100.0, 90.0
	for name, g := range map[string]Guardrail{
		"max":        {Name: "g", Metric: "m", Max: &bound},
		"min":        {Name: "g", Metric: "m", Min: &bound},
		"min of two": {Name: "g", Metric: "m", Min: &bound, Max: ptr(110)},
		"max of two": {Name: "g", Metric: "m", Max: &bound, Min: &far},
	} {
		p, err := PlanFor(Method{}, []Guardrail{g}, nil, []Place{{Case: "default", Variants: []string{"v"}}})
		if err != nil {
			t.Fatal(err)
		}
		wrong := map[Verdict]int{}
		for range trials {
			c := Case{ID: "default", Others: []Quantity{{Guardrail: "g", Variants: []Arm{{Name: "fused"}}}}}
			for {
				d, err := Decide(p, []Guardrail{g}, c, nil)
				if err != nil {
					t.Fatal(err)
				}
				if d.Stop {
					break
				}
				for range d.AddRounds {
					a := &c.Others[0].Variants[0]
					a.Values = append(a.Values, bound+3*r.NormFloat64())
					c.Rounds++
				}
			}
			js, err := Judge(p, []Guardrail{g}, []Case{c})
			if err != nil {
				t.Fatal(err)
			}
			wrong[js[0].Verdict]++
		}
		// Three standard deviations of what chance adds to the share allowed.
		most := allowed + 3*math.Sqrt(allowed*(1-allowed)/trials)
		for _, v := range []Verdict{Pass, Fail} {
			if share := float64(wrong[v]) / trials; share > most {
				t.Errorf("%s: %s in %.1f %% of sessions, want at most %.0f %%", name, v, 100*share, 100*allowed)
			}
		}
	}
}

// A fail of a large loss stands beside a control that is off by a little, and so
// does a gain.
func TestLargeEffectsBesideASmallBias(t *testing.T) {
	for speed, want := range map[float64]Verdict{0.417: Fail, 0.8: Fail, 0.9: Invalid, 0.98: Invalid, 1: Invalid, 1.05: Invalid, 1.5: Pass} {
		js, err := Judge(plan(t, Method{}), []Guardrail{decode}, one(around(speed, 0.05, 24), around(0.96, 0.005, 24)))
		if err != nil {
			t.Fatal(err)
		}
		if js[0].Verdict != want {
			t.Errorf("%v beside a control at 0.96: %s, want %s: %s", speed, js[0].Verdict, want, js[0].Reason)
		}
	}
}

func TestWinNeedsAGainWorthClaiming(t *testing.T) {
	g := decode
	g.MinGain = g.Margin
	for _, c := range []struct {
		speed, minGain float64
		win            bool
		reason         string
	}{
		{1.05, 0.01, true, "faster than the baseline, and proven so"},
		{1.005, 0.01, false, "faster by less than the margin of 1 %"},
		{1.005, 0, true, "faster than the baseline, and proven so"},
		{1.05, 0.1, false, "faster by less than the min_gain of 10 %"},
		{1, 0.01, false, "a loss of 1 % or more is ruled out"},
	} {
		g.MinGain = c.minGain
		js, err := Judge(plan(t, Method{}), []Guardrail{g}, one(around(c.speed, 0.002, 24), around(1, 0.002, 24)))
		if err != nil {
			t.Fatal(err)
		}
		if j := js[0]; j.Verdict != Pass || j.Win != c.win || !strings.Contains(j.Reason, c.reason) {
			t.Errorf("%+v: %s, win %v: %s", c, j.Verdict, j.Win, j.Reason)
		}
	}
}

func TestTradeoffs(t *testing.T) {
	f := func(x float64) *float64 { return &x }
	slow := one(around(0.9, 0.003, 24), around(1, 0.003, 24))
	for name, c := range map[string]struct {
		o      []Tradeoff
		reason string // of the acceptance; empty: none
	}{
		"none":            {nil, ""},
		"any loss":        {[]Tradeoff{{Reason: "any"}}, "any"},
		"large enough":    {[]Tradeoff{{Reason: "enough", MaxLoss: f(0.12)}}, "enough"},
		"too small":       {[]Tradeoff{{Reason: "small", MaxLoss: f(0.09)}}, ""},
		"estimate within": {[]Tradeoff{{Reason: "estimate", MaxLoss: f(0.1)}}, ""},
		"other variant":   {[]Tradeoff{{Reason: "other", Variant: "other"}}, ""},
		"this variant":    {[]Tradeoff{{Reason: "other", Variant: "other"}, {Reason: "this", Variant: "fused"}}, "this"},
		"other case":      {[]Tradeoff{{Reason: "case", Cases: []string{"bits=8"}}}, ""},
		"this case":       {[]Tradeoff{{Reason: "case", Cases: []string{"bits=4"}}}, "case"},
	} {
		g := decode
		g.OnFail, g.Tradeoffs = OnFailTradeoff, c.o
		js, err := Judge(plan(t, Method{}), []Guardrail{g}, slow)
		if err != nil {
			t.Fatal(err)
		}
		if j := js[0]; j.Verdict != Fail || j.AcceptedByTradeoff != (c.reason != "") || j.Tradeoff != c.reason || j.Blocks() == j.AcceptedByTradeoff {
			t.Errorf("%s: %s, accepted %v with %q", name, j.Verdict, j.AcceptedByTradeoff, j.Tradeoff)
		}
		if name == "too small" && !strings.Contains(js[0].Next, "max_loss of 9 %") {
			t.Errorf("next: %s", js[0].Next)
		}
	}
}

// Only what needs rounds shares the error, and only what has a control shares
// that of the controls.
func TestPlanCounts(t *testing.T) {
	most := 1.0
	speed := Guardrail{Phase: "decode", MinRatio: 1}
	sizes := []Place{{Case: "a", Variants: []string{"v", "w"}}, {Case: "b", Variants: []string{"v", "w", "x"}}}
	for _, c := range []struct {
		name             string
		g                []Guardrail
		claims, controls int
	}{
		{"speed", []Guardrail{speed}, 5, 2},
		{"two of one quantity", []Guardrail{speed, {Phase: "decode", Statistic: Fastest, MinRatio: 1.1, Variant: "fused"}}, 7, 2},
		{"two quantities", []Guardrail{speed, {Phase: "decode", Statistic: P90, MinRatio: 1}}, 10, 4},
		{"absolute", []Guardrail{speed, {Metric: "m", Max: &most}}, 10, 2},
		{"exact", []Guardrail{speed, {Metric: "m", Exact: true, MinRatio: 1}, {Metric: "m", Statistic: Most, Max: &most}}, 5, 2},
		{"some cases", []Guardrail{{Phase: "decode", MinRatio: 1, Cases: []string{"b"}}}, 3, 1},
		{"only exact", []Guardrail{{Metric: "m", Exact: true, MinRatio: 1}}, 0, 0},
		{"none", nil, 0, 0},
	} {
		p, err := PlanFor(Method{Rounds: 8, MaxRounds: 24}, c.g, nil, sizes)
		if err != nil || p.Claims != c.claims || p.Controls != c.controls || (len(p.Looks) == 1) != (c.claims == 0) {
			t.Errorf("%s: %d claims, %d controls, %d looks, %v", c.name, p.Claims, p.Controls, len(p.Looks), err)
		}
	}
}
