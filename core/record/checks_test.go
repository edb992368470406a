package record

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/judge"
)

func TestOutputsAreHeldAgainstTheBaselines(t *testing.T) {
	prepared := func(variant, output string) Prepared {
		p := Prepared{Variant: variant}
		if output != "" {
			p.Outputs = map[string]string{"output": output}
		}
		return p
	}
	for name, c := range map[string]struct {
		rounds [][2]string // outputs of baseline and variant
		want   string      // of the variant's check; empty: there is none
	}{
		"the same":           {[][2]string{{"aa", "aa"}, {"bb", "bb"}}, "passed"},
		"another once":       {[][2]string{{"aa", "aa"}, {"bb", "cc"}, {"dd", "dd"}}, "failed"},
		"nothing to compare": {[][2]string{{"", "aa"}}, ""},
	} {
		var rounds []Round
		for _, o := range c.rounds {
			rounds = append(rounds, Round{Prepared: []Prepared{prepared("v", o[1]), prepared("base", o[0])}})
		}
		v, base := Variant{Name: "v"}, Variant{Name: "base"}
		v.collectChecks("base", rounds)
		base.collectChecks("base", rounds)
		got := ""
		for _, k := range v.Checks {
			got = map[bool]string{true: "passed", false: "failed"}[k.Passed]
			if k.Name != "output_as_baseline" || k.Kind != "fidelity" {
				t.Errorf("%s: a check %+v", name, k)
			}
		}
		if got != c.want || len(base.Checks) > 0 {
			t.Errorf("%s: %q, want %q; the baseline has %+v", name, got, c.want, base.Checks)
		}
	}
}

// A digest is shortened; what a plugin says of an output in words is not.
func TestOutputsInWords(t *testing.T) {
	for output, want := range map[string]string{
		"e3b0c44298fc1c149afbf4c8": "its y (e3b0c44298fc…) is not that of base (none)",
		"3 of 4000, the first NaN": "its y (3 of 4000, the first NaN) is not that of base (none)",
	} {
		v := Variant{Name: "v"}
		v.collectChecks("base", []Round{{Prepared: []Prepared{
			{Variant: "base", Outputs: map[string]string{"y": "none"}}, {Variant: "v", Outputs: map[string]string{"y": output}},
		}}})
		if len(v.Checks) != 1 || v.Checks[0].Detail != want {
			t.Errorf("%+v, want %q", v.Checks, want)
		}
	}
}

// What is the baseline under another name has no gain, however lucky its rounds.
func TestTheBaselineUnderAnotherNameNeverWins(t *testing.T) {
	for equals, wins := range map[string]bool{"": true, "base": false} {
		c := &Case{Variants: []Variant{{Name: "base", Role: RoleBaseline}, {Name: "v", Role: RoleVariant, Equals: equals}}}
		j := repeatable().believe(judge.Judgement{Variant: "v", Verdict: judge.Pass, Win: true, Reason: "faster"}, c)
		if j.Win != wins || j.Verdict != judge.Pass {
			t.Errorf("equal to %q: a win %t with verdict %s, want %t and a pass: %s", equals, j.Win, j.Verdict, wins, j.Reason)
		}
	}
}

// Vectors may be apart by the variant's own tolerance, relative to the longer one.
func TestNumbersAreHeldAgainstTheBaselines(t *testing.T) {
	for name, c := range map[string]struct {
		base, variant []float64
		value         float64
		passed        bool
	}{
		"equal":            {[]float64{3, 4}, []float64{3, 4}, 0, true},
		"near":             {[]float64{3, 4}, []float64{3, 4.0005}, 1e-4, true},
		"far":              {[]float64{3, 4}, []float64{3, 4.05}, 0.009920, false},
		"nothing at all":   {[]float64{0, 0}, []float64{0, 0}, 0, true},
		"of nothing":       {[]float64{0, 0}, []float64{1e-30, 0}, 1, false},
		"the other way":    {[]float64{3, 4}, []float64{-3, -4}, 2, false},
		"large":            {[]float64{1e100, 1e100}, []float64{1e100, -1e100}, 1.41421, false},
		"of another shape": {[]float64{3, 4}, []float64{3, 4, 5}, 2, false},
	} {
		p := Prepared{Variant: "v", Numbers: map[string]Numbers{"y": {Values: c.variant, Tolerance: 1e-3}}}
		base := Prepared{Variant: "base", Numbers: map[string]Numbers{"y": {Values: c.base, Tolerance: 10}}}
		v := Variant{Name: "v"}
		v.collectChecks("base", []Round{{Prepared: []Prepared{base, p}}})
		if len(v.Checks) != 1 || v.Checks[0].Name != "y_as_baseline" || v.Checks[0].Passed != c.passed || v.Checks[0].Limit != 1e-3 {
			t.Errorf("%s: %+v", name, v.Checks)
		} else if d := v.Checks[0].Value - c.value; d > 1e-5 || d < -1e-5 {
			t.Errorf("%s: a distance of %g, want %g", name, v.Checks[0].Value, c.value)
		}
	}
}

// However far vectors may be apart, they have as many numbers.
func TestNumbersOfAnotherShapeAreNeverNear(t *testing.T) {
	of := func(variant string, values ...float64) Prepared {
		return Prepared{Variant: variant, Numbers: map[string]Numbers{"y": {Values: values, Tolerance: 2}}}
	}
	v := Variant{Name: "v"}
	v.collectChecks("base", []Round{{Prepared: []Prepared{of("base", 3, 4), of("v", 3, 4, 5)}}})
	if c := v.Checks[0]; c.Passed || c.Detail != "its y has 3 numbers, that of base has 2" {
		t.Errorf("%+v", c)
	}
}

// One output that two arms state in different ways is not left uncompared.
func TestOutputsOfTwoFormsFail(t *testing.T) {
	digest := map[string]string{"y": "1f2e3d4c5b6a7980"}
	numbers := map[string]Numbers{"y": {Values: []float64{3, 4}, Tolerance: 1e-3}}
	for _, c := range []struct {
		base, variant Prepared
		want          string
	}{
		{Prepared{Outputs: digest}, Prepared{Numbers: numbers}, "its y is numbers, that of base is a digest: "},
		{Prepared{Numbers: numbers}, Prepared{Outputs: digest}, "its y is a digest, that of base is numbers: "},
	} {
		c.base.Variant, c.variant.Variant = "base", "v"
		v := Variant{Name: "v"}
		v.collectChecks("base", []Round{{Prepared: []Prepared{c.base, c.variant}}})
		if len(v.Checks) != 1 || v.Checks[0].Passed || !strings.HasPrefix(v.Checks[0].Detail, c.want) {
			t.Errorf("%+v, want a failure: %s", v.Checks, c.want)
		}
	}
}
