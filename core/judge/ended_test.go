package judge

import (
	"strings"
	"testing"
)

// A verdict that lacks rounds says why there are none and what brings them.
func TestWhyRoundsAreMissing(t *testing.T) {
	quiet := around(1, 0.003, 24)
	broken := &Lack{Reason: `"fused" failed (prepare): no such kernel`, Next: "mend it", Invalid: true}
	with := func(cs []Case, f func(c *Case)) []Case { f(&cs[0]); return cs }
	for _, c := range []struct {
		name         string
		c            []Case
		want         Verdict
		reason, next string
		final        bool
	}{
		{"never prepared", with(one(nil, quiet), func(c *Case) { c.Phases[0].Variants[0].Lacks = broken }), Invalid, "no such kernel", "mend it", true},
		{"died on the way", with(one(around(0.992, 0.004, 8), quiet[:8]), func(c *Case) { c.Phases[0].Variants[0].Ended = broken }),
			Inconclusive, "no more rounds came: \"fused\" failed (prepare): no such kernel", "mend it", true},
		{"died when all was clear", with(one(around(0.9, 0.004, 8), quiet[:8]), func(c *Case) { c.Phases[0].Variants[0].Ended = broken }), Fail, "a loss is proven", "revert", true},
		{"no control", with(one(quiet, nil), func(c *Case) { c.Phases[0].Control.Lacks = broken }), Invalid, "no such kernel", "mend it", true},
		{"control died", with(one(quiet[:5], quiet[:2]), func(c *Case) { c.Phases[0].Control.Ended = broken }), Invalid, "no such kernel", "mend it", false},
		{"interrupted before a round", with(one(nil, nil), func(c *Case) { c.Interrupted = true }), Inconclusive, "the session ended before a round of \"fused\"", "assay resume", false},
		{"interrupted later", with(one(around(0.992, 0.004, 8), quiet[:8]), func(c *Case) { c.Interrupted = true }), Inconclusive, "neither", "assay resume", false},
		{"interrupted when all was clear", with(one(quiet[:8], quiet[:8]), func(c *Case) { c.Interrupted = true }), Pass, "ruled out", "nothing to do", true},
		{"nobody knows", one(nil, quiet), Inconclusive, "no round", "run again", true},
	} {
		js, err := Judge(plan(t, Method{}), []Guardrail{decode}, c.c)
		if err != nil {
			t.Fatal(err)
		}
		j := js[0]
		if j.Verdict != c.want || !strings.Contains(j.Reason, c.reason) || !strings.Contains(j.Next, c.next) || j.Final != c.final {
			t.Errorf("%s: %s (final %t): %s\n  next: %s", c.name, j.Verdict, j.Final, j.Reason, j.Next)
		}
	}
}

// No rounds are added for an arm that takes part no more.
func TestNoRoundsForAnArmThatEnded(t *testing.T) {
	c := one(around(0.992, 0.004, 8), around(1, 0.004, 8))
	c[0].Phases[0].Variants[0].Ended = &Lack{Reason: "it died", Next: "mend it", Invalid: true}
	d, err := Decide(plan(t, Method{}), []Guardrail{decode}, c[0], nil)
	if err != nil || !d.Stop || !strings.Contains(d.Reason, "it died") {
		t.Errorf("%+v, %v, want a stop that says why", d, err)
	}
}
