package report

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/record"
)

// Every variant has its place in a result, measured or not.
func TestWhatWasNotMeasuredIsShown(t *testing.T) {
	measured := map[string]record.PhaseSummary{"decode": {Rounds: 1, Units: 1, WallNs: record.Estimate{Value: 1e6}}}
	r := &record.Result{Experiment: record.Experiment{Measure: record.Measure{Phases: []string{"decode"}}}}
	c := &record.Case{ID: "default", Variants: []record.Variant{
		{Name: "base", Role: record.RoleBaseline, Phases: measured}, {Name: "dead", Role: record.RoleVariant, Failure: "no such kernel"},
		{Name: "unreached", Role: record.RoleVariant},
	}}
	var b strings.Builder
	caseResult(&b, r, c, newJudgements(r), Style{})
	for _, want := range []string{"    base            1.00 ms", "    dead       not measured", "    unreached  not measured"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	c.Variants[0].Phases = nil
	b.Reset()
	caseResult(&b, r, c, newJudgements(r), Style{})
	if got, want := b.String(), "    decode: nothing was measured of base, dead and unreached\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A check that fails alike for several variants is one line.
func TestAFailedCheckIsToldOnce(t *testing.T) {
	bad := record.Check{Name: "reference", Kind: "correctness", When: "before", Value: 0.5, Limit: 0.1}
	other := bad
	other.Value = 0.7
	var b strings.Builder
	failedChecks(&b, &record.Case{Variants: []record.Variant{
		{Name: "base", Checks: []record.Check{bad}}, {Name: "a", Checks: []record.Check{bad}}, {Name: "b", Checks: []record.Check{other}}, {Name: "control", Checks: []record.Check{bad}},
	}}, Style{})
	const want = `    correctness check reference failed for base, a and control before timing: 0.5, limit 0.1
    correctness check reference failed for b before timing: 0.7, limit 0.1
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// While a session runs a failure takes two lines; its details end the session.
func TestAFailureIsShortWhileTheSessionRuns(t *testing.T) {
	var b strings.Builder
	Failure(&b, &record.Failure{Round: 2, Variant: "fast", Stage: "visit", Phase: "decode", Message: "panic: no\nstack", Stderr: []string{"a", "b"}, NextStep: "the round is tried again"}, Style{})
	const want = `  round 2: visit of variant fast in decode failed: panic: no …
    next: the round is tried again
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// One round gives no interval, and that is said.
func TestAnIntervalOfOneRoundIsUnknown(t *testing.T) {
	low := 0.5
	for want, got := range map[string]string{"unknown": interval(nil, nil), "[0.500, –]": interval(&low, nil)} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
