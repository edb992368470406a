package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/record"
)

// fail keeps a plugin's failure as data and decides who gets the strike. Its
// error is for failures of the host itself, which no retry can mend, and for a
// session that is to end.
func (r *runner) fail(ctx context.Context, err error) error {
	var host *record.WriteError
	var other *OtherSetup
	if errors.As(err, &host) || errors.As(err, &other) || r.now.stage == "" {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f, final := failureOf(err)
	f.Case, f.Round, f.Variant, f.Phase, f.Stage = r.now.caseID, r.now.round, r.now.variant, r.now.phase, r.now.stage
	if f.Stage == stagePropose {
		f.NextStep = "the measurements stand; only the plugin's finding is missing"
		return r.emit(record.FailureEvent{Failure: f})
	}
	x := r.round()
	f.Variant = original(x.c, f.Variant, f.Stage)
	f.Attempt = x.x.Attempt
	f.StruckOut = final || strikes(r.doc, x.c, f.Variant)+1 >= strikesOut
	f.NextStep = nextStep(x.c, &f)
	return r.emit(record.FailureEvent{Failure: f})
}

// original is whom a failure is about. The control is the baseline's program and
// configuration once more: what keeps it from being prepared keeps the baseline.
func original(c *record.Case, arm, stage string) string {
	preparing := stage == stageStart || stage == stageOpen || stage == stagePrepare
	if arm != "" && preparing && variantNamed(c, arm).Role == record.RoleControl {
		return c.Variants[0].Name
	}
	return arm
}

// failureOf describes an error; final says that trying again is pointless.
func failureOf(err error) (f record.Failure, final bool) {
	f = record.Failure{Kind: "error", Message: err.Error(), Panic: []string{}, Stderr: []string{}}
	var no *refusal
	var death *process.DeathError
	switch {
	case errors.As(err, &no):
		f.Kind, final = "refused", true
	case errors.As(err, &death):
		d := death.Death
		f.Kind, f.Code, f.Signal = string(d.Kind), d.ExitCode, d.Signal
		f.LastIntent, f.LastSeq, f.MaxRSS = d.Intent, d.Acked, d.MaxRSS
		f.Panic, f.Stderr = append([]string{}, d.Panic...), tail(d.Stderr)
		final = d.Unkillable
	case errors.Is(err, errNumbers):
		f.Kind = record.ImpossibleNumbers
	case errors.Is(err, errTooMany):
		f.Kind = string(process.KindProtocol)
	}
	return f, final
}

// stderrLines is how much of a dead plugin's last words a document keeps.
const stderrLines = 200

func tail(text string) []string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) == 1 && lines[0] == "" {
		return []string{}
	}
	return lines[max(0, len(lines)-stderrLines):]
}

// nextStep says what happens after a failure.
func nextStep(c *record.Case, f *record.Failure) string {
	switch {
	case !f.StruckOut:
		return "the round is tried again in fresh processes"
	case f.Variant == "":
		return "the case ends here; `assay doctor` checks device and plugin"
	}
	left := living(c, func(v *record.Variant) bool { return asked(v) && v.Name != f.Variant })
	switch {
	case variantNamed(c, f.Variant).Role == record.RoleBaseline:
		return "the case ends here: there is no baseline to compare with"
	case !worthwhile(c, left):
		return fmt.Sprintf("the case ends here: without variant %q nothing is left to compare", f.Variant)
	}
	return fmt.Sprintf("the case goes on without variant %q", f.Variant)
}
