package main

import (
	"math"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Each way to be wrong fails the check that is meant for it.
func TestWrongOutputs(t *testing.T) {
	reference := object{"kernel": "scale", "constants": object{"twice": "false"}}
	for name, tt := range map[string]struct {
		config object
		check  string // that fails
		detail string
	}{
		"a hole":            {with(count(), "defines/HOLE", "3"), "run seen unwritten", "1 of 8 elements, the first at seen[3]"},
		"written in part":   {with(scale(), "buffer/y/shape", []int{80}), "run y unwritten", "16 of 80 elements, the first at y[64]"},
		"another reference": {with(scale(), "reference", reference), "run y", "worst at y[63]: 386, the reference has 193"},
		"another file": {with(scale(), "buffer/y/expected", expectedFile(t, func(i int) float32 {
			return float32(2 * (3*i + 1 + i%4))
		}, 5)), "run y", "worst at y[5]: 34, the file has 35"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := prepare(t, tt.config)
			for when, checks := range map[string][]*pluginv1.Check{"before": p.GetChecks(), "after": h.Release("a").GetChecks()} {
				found := false
				for _, c := range checks {
					found = found || c.GetName() == tt.check && !c.GetPassed() && strings.Contains(c.GetDetail(), tt.detail)
				}
				if !found {
					t.Errorf("%s timing: %v", when, checks)
				}
			}
		})
	}
}

// What is not finite is counted, with the first place, and is no distance.
func TestNotFinite(t *testing.T) {
	c := with(scale(), "value/by/value", "inf")
	with(c, "reference", object{"kernel": "scale", "constants": object{"twice": "true"}, "arguments": object{"by": "one"}})
	with(c, "value/one", object{"value": "1"})
	_, p := prepare(t, c)
	const marks = "64 of 64, the first NaN at y[0], " // 0 · inf is NaN
	if got := p.GetOutputs()["y not finite"]; !strings.HasPrefix(got, marks) {
		t.Errorf("announced as %q, want %q…", got, marks)
	}
	if _, fine := prepare(t, scale()); fine.GetOutputs()["y not finite"] != "none" {
		t.Errorf("announced as %q", fine.GetOutputs()["y not finite"])
	}
	for _, check := range p.GetChecks() {
		if check.GetName() == "run y" {
			want := "64 of 64 elements are not finite, or not as they should be, the first at y[0]: NaN, the reference has 2"
			if check.GetPassed() || !math.IsNaN(check.GetValue()) || check.GetDetail() != want {
				t.Errorf("%v, want %q", check, want)
			}
			return
		}
	}
	t.Errorf("no check of y in %v", p.GetChecks())
}
