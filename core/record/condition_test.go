package record_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

func numbers(list ...judge.Number) []judge.Number { return list }

var (
	decode = judge.Number{Root: expr.Ratio, Name: "decode"}
	rate   = judge.Number{Root: expr.Rate, Name: "decode"}
	exact  = judge.Number{Root: expr.Metric, Name: "layers"}
	noisy  = judge.Number{Root: expr.Metric, Name: "seconds"}
	paired = judge.Number{Root: expr.Ratio, Name: "seconds", Better: "lower"}
)

// released says the same of layers in every round, and of seconds what noise
// makes of 2 for the baseline and of 1 for others.
func released(variant string, noise *rand.Rand) record.Released {
	seconds := 2.0
	if variant == "fused" {
		seconds = 1
	}
	return record.Released{Variant: variant, Metrics: map[string]float64{"layers": 12, "seconds": seconds * (1 + 0.001*noise.NormFloat64())}}
}

func TestAssertsAreAnsweredByIntervals(t *testing.T) {
	type made func(o *fakeresult.Options)
	simulated := func(o *fakeresult.Options) { o.Simulated = true }
	equal := func(o *fakeresult.Options) { o.Variants, o.Order = map[string]float64{"fused": 1}, []string{"fused"} }
	none := func(*fakeresult.Options) {}
	for _, c := range []struct {
		condition string
		numbers   []judge.Number
		with      made
		want      judge.Verdict
		message   string
	}{
		{"ratio.decode > 1", numbers(decode), none, judge.Pass, ""},
		{"ratio.decode > 1.05", numbers(decode), none, judge.Fail, "ratio.decode is 1.0"},
		{"ratio.decode > 1", numbers(decode), equal, judge.Inconclusive, "undecided after 24 rounds: ratio.decode > 1, where ratio.decode is 0.99"},
		{"ratio.decode <= 1", numbers(decode), equal, judge.Inconclusive, "ratio.decode <= 1"},
		{"abs(ratio.decode - 1) < 0.01", numbers(decode), equal, judge.Pass, ""},
		{"ratio.decode > 1 && metric.layers == 11", numbers(decode, exact), equal, judge.Fail, ""},
		{"ratio.decode > 1 || metric.layers == 12", numbers(decode, exact), equal, judge.Pass, ""},
		{"ratio.decode > 1", numbers(decode), simulated, judge.Invalid, "simulated"},
		{"rate.decode > 1", numbers(rate), simulated, judge.Invalid, "simulated"},
		{"metric.layers == 12", numbers(exact), simulated, judge.Pass, ""},
		{"metric.seconds < 2", numbers(noisy), simulated, judge.Invalid, "simulated"},
		{"metric.seconds < 1.5", numbers(noisy), none, judge.Pass, ""},
		{"metric.seconds > 1.5", numbers(noisy), none, judge.Fail, "metric.seconds is "},
		{"ratio.seconds > 1.9", numbers(paired), none, judge.Pass, ""},
		{"ratio.seconds > 2.1", numbers(paired), none, judge.Fail, ""},
		{"metric.nothing > 1", numbers(judge.Number{Root: expr.Metric, Name: "nothing"}), none, judge.Invalid, "metric.nothing: nothing was measured of it"},
		{"rate.decode > 1", numbers(rate), none, judge.Pass, ""},
		{"metric.layers <= local.most", numbers(exact), none, judge.Pass, ""},
		{"metric.layers <= ", numbers(exact), none, judge.Invalid, "cannot be evaluated"},
	} {
		t.Run(c.condition, func(t *testing.T) {
			o := fakeresult.Options{Margin: -1, Released: released, Asserts: []judge.Assert{{
				Name: "a", Variant: "fused", Condition: c.condition, Numbers: c.numbers, Values: map[string]json.RawMessage{"local": json.RawMessage(`{"most":12}`)},
			}}}
			c.with(&o)
			r, err := fakeresult.New(o)
			if err != nil {
				t.Fatal(err)
			}
			a := r.Cases[0].Asserts
			if len(a) != 1 || a[0].Verdict != c.want || a[0].Passed != (c.want == judge.Pass) || !strings.Contains(a[0].Message, c.message) {
				t.Fatalf("%+v, want %s %q", a, c.want, c.message)
			}
			if r.Verdict != string(c.want) {
				t.Errorf("the document's verdict is %s", r.Verdict)
			}
			if decided := c.want == judge.Pass || c.want == judge.Fail; decided && a[0].Undecided != "" || c.want == judge.Inconclusive && a[0].Undecided == "" {
				t.Errorf("undecided: %q", a[0].Undecided)
			}
		})
	}
}

// What is decided ends the rounds, and what is not asks for all of them.
func TestOpenAssertsAskForRounds(t *testing.T) {
	rounds := func(condition string, speed float64) int {
		r, err := fakeresult.New(fakeresult.Options{Margin: -1, Variants: map[string]float64{"fused": speed}, Order: []string{"fused"},
			Asserts: []judge.Assert{{Name: "a", Variant: "fused", Condition: condition, Numbers: numbers(decode)}}})
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Cases[0].Rounds)
	}
	if n := rounds("ratio.decode > 1", 1.05); n != 9 {
		t.Errorf("a clear answer took %d rounds", n)
	}
	if n := rounds("ratio.decode > 1", 1); n != 24 {
		t.Errorf("no answer took %d rounds", n)
	}
}

func TestAssertsOverCases(t *testing.T) {
	r, err := fakeresult.New(fakeresult.Options{
		Margin: -1, Cases: []string{"bits=4,tokens=1", "bits=4,tokens=4", "bits=8,tokens=1", "bits=8,tokens=4"},
		Asserts: []judge.Assert{{Name: "scales", Over: "tokens", Condition: "at[4].rate.decode > 0.9 * at[1].rate.decode && matrix.bits < 8", Numbers: numbers(rate)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]judge.Verdict{"bits=4,tokens=4": judge.Pass, "bits=8,tokens=4": judge.Fail}
	for _, c := range r.Cases {
		for _, a := range c.Asserts {
			if a.Verdict != want[c.ID] || len(a.Cases) != 2 || len(a.Numbers) != 2 || a.Numbers[0].Name != "at[1].rate.decode" {
				t.Errorf("case %s: %+v", c.ID, a)
			}
		}
		if n := len(c.Asserts); n != map[bool]int{true: 2}[want[c.ID] != ""] {
			t.Errorf("case %s has %d answers", c.ID, n)
		}
	}
}

// A document without its conditions keeps what it says.
func TestOldAssertsStay(t *testing.T) {
	r, err := fakeresult.New(fakeresult.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		passed bool
		want   string
	}{{true, "pass"}, {false, "fail"}} {
		r.Cases[0].Asserts = []record.AssertResult{{Name: "old", Variant: "fused", Passed: c.passed, Message: "so"}}
		if err := r.Summarize(); err != nil || r.Verdict != c.want || len(r.Cases[0].Asserts) != 1 {
			t.Errorf("passed %v: %s, %v", c.passed, r.Verdict, err)
		}
	}
}
