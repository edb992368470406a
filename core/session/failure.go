package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/record"
)

// fail keeps a plugin's failure as data and decides who gets the strike. Its
// error is for failures of the host itself, which no retry can mend.
func (r *round) fail(err error) error {
	var host *record.WriteError
	if errors.As(err, &host) {
		return err
	}
	f, final := r.failure(err)
	f.Round, f.Attempt, f.Phase = r.number, r.document().Rounds[r.number-1].Attempt, r.phase
	f.Stage = r.stage
	if r.blame != nil {
		f.Variant = r.blame.name
	}
	r.hung = f.Kind == string(process.KindHang)
	f.NextStep = r.strike(&f, final)
	return r.keep(f, r.blame != nil && r.blame.out != "")
}

func (k *caseRun) keep(f record.Failure, struckOut bool) error {
	k.report(Event{Kind: Failed, Case: k.config.ID, Variant: f.Variant, Phase: f.Phase, Failure: &f})
	return k.emit(record.KindFailure, record.FailureEvent{Failure: f, StruckOut: struckOut})
}

// failure describes an error; final says that trying again is pointless.
func (k *caseRun) failure(err error) (f record.Failure, final bool) {
	f = record.Failure{Case: k.config.ID, Kind: "error", Message: err.Error(), Panic: []string{}, Stderr: []string{}}
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
	case errors.Is(err, errClock), errors.Is(err, errNumbers):
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

// strike counts the failure against the variant at work, or against the case,
// and says what happens next.
func (r *round) strike(f *record.Failure, final bool) string {
	if r.blame == nil {
		r.strikes++
		if final || r.strikes >= strikesOut {
			r.dead = fmt.Sprintf("stage %s failed before any variant ran: %s", r.stage, f.Message)
			return "the case ends here; `assay doctor` checks device and plugin"
		}
		return "the round is tried again in a fresh process"
	}
	r.blame.strikes++
	if !final && r.blame.strikes < strikesOut {
		return "the round is tried again in a fresh process"
	}
	r.blame.out = f.Message
	left := r.living(r.asked)
	switch {
	case len(left) == 0 || left[0].role != record.RoleBaseline:
		return "the case ends here: there is no baseline to compare with"
	case !slices.ContainsFunc(left, (*arm).compared):
		return fmt.Sprintf("the case ends here: without variant %q nothing is left to compare", r.blame.name)
	}
	return fmt.Sprintf("the case goes on without variant %q", r.blame.name)
}
