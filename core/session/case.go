package session

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// strikesOut is how often a variant may fail before its case goes on without
// it, and how often a process may fail to get ready before the case ends.
const strikesOut = 2

// caseRun is one case being measured.
type caseRun struct {
	*experiment
	config       *config.Case
	arms         []*arm // baseline first, then variants, control, proposals
	strikes      int    // failures that no single variant is to blame for
	dead         string // why the case cannot go on; empty: it can
	hung         bool   // the last failure was a hang
	counted      int    // rounds that enter the statistics
	roundTime    time.Duration
	requeued     int                  // rounds measured again because other programs disturbed them
	perIteration map[armPhase]float64 // nanoseconds, found by the last warm-up
}

type armPhase struct{ arm, phase string }

// arm is one variant in the measuring loop, the control included.
type arm struct {
	name, role string
	config     []byte
	digest     string
	strikes    int
	out        string // why it is no longer measured; empty: it is
}

func (k *caseRun) open() error {
	ev := record.CaseEvent{Case: k.config.ID, Matrix: map[string]json.RawMessage{}}
	for name, v := range k.config.Matrix {
		raw, err := ctyRaw(v)
		if err != nil {
			return fmt.Errorf("case %q: matrix %q: %w", k.config.ID, name, err)
		}
		ev.Matrix[name] = raw
	}
	base := k.config.Baseline()
	k.arms = append(k.arms, &arm{name: base.Name, role: record.RoleBaseline, config: base.JSON, digest: base.Digest})
	for _, v := range k.config.Variants {
		if !v.Baseline {
			k.arms = append(k.arms, &arm{name: v.Name, role: record.RoleVariant, config: v.JSON, digest: v.Digest})
		}
	}
	k.arms = append(k.arms, &arm{name: config.ControlName, role: record.RoleControl, config: base.JSON, digest: base.Digest})
	for _, a := range k.arms {
		ev.Variants = append(ev.Variants, a.document(""))
	}
	k.report(Event{Kind: CaseBegins, Case: k.config.ID, Done: k.cases, Total: len(k.experiment.config.Cases)})
	return k.emit(record.KindCase, ev)
}

func (a *arm) document(why string) record.Variant {
	return record.Variant{
		Name: a.name, Role: a.role, Config: a.config, ConfigDigest: a.digest, Why: why,
		Facts: map[string]string{}, Metrics: map[string]float64{}, Checks: []record.Check{}, Phases: map[string]record.PhaseSummary{},
	}
}

// document is the case's part of the result.
func (k *caseRun) document() *record.Case { return &k.result.Cases[len(k.result.Cases)-1] }

// measure runs rounds until the judge has seen enough at one of its looks.
func (k *caseRun) measure(ctx context.Context) error {
	for {
		d, err := k.decide()
		if err != nil {
			return err
		}
		if k.counted > 0 {
			if !d.Stop && k.overBudget(d.AddRounds) {
				d.Stop, d.Reason = true, fmt.Sprintf("the budget of %v does not allow the next %d rounds; %s", k.experiment.config.Measure.Budget, d.AddRounds, d.Reason)
			}
			if err := k.look(d); err != nil {
				return err
			}
		}
		if d.Stop {
			return nil
		}
		alive, err := k.rounds(ctx, k.asked, d.AddRounds)
		if err == nil && !alive && k.dead == "" {
			k.dead = "no variant is left to compare"
		}
		if err != nil || k.dead != "" {
			return err
		}
	}
}

// rounds runs rounds over the living arms of a choice until n more of them
// count. alive is false when the case is dead before that, or none of the choice
// is left to compare.
func (k *caseRun) rounds(ctx context.Context, choice func(*arm) bool, n int) (alive bool, err error) {
	for goal := k.counted + n; k.counted < goal; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		arms := k.living(choice)
		if len(arms) == 0 || arms[0].role != record.RoleBaseline {
			k.dead = "the baseline cannot be measured"
		}
		if k.dead != "" || !slices.ContainsFunc(arms, (*arm).compared) {
			return false, nil
		}
		if err := k.round(ctx, arms, goal); err != nil {
			return false, err
		}
	}
	return true, nil
}

// asked chooses what the author asked for, and the control.
func (k *caseRun) asked(a *arm) bool { return a.role != record.RoleProposed }

func (a *arm) compared() bool { return a.role == record.RoleVariant || a.role == record.RoleProposed }

func (k *caseRun) living(choice func(*arm) bool) []*arm {
	var out []*arm
	for _, a := range k.arms {
		if a.out == "" && choice(a) {
			out = append(out, a)
		}
	}
	return out
}

func (k *caseRun) decide() (judge.Decision, error) {
	enough := ""
	switch {
	case len(k.result.Experiment.Guardrails) == 0:
		enough = "no guardrail asks for more rounds"
	case k.result.Metadata.Device.Simulated: // known from the first round on
		enough = "the device is simulated: its times are not measurements, and no verdict can come from more rounds"
	}
	if enough != "" {
		if n := k.result.Plan.Looks[0].Rounds - k.counted; n > 0 {
			return judge.Decision{AddRounds: n}, nil
		}
		return judge.Decision{Stop: true, Reason: enough}, nil
	}
	c := k.document()
	if err := k.result.SummarizeCase(c); err != nil {
		return judge.Decision{}, err
	}
	return judge.Decide(k.result.Plan, k.result.JudgeGuardrails(), k.result.JudgeCase(c))
}

func (k *caseRun) look(d judge.Decision) error {
	k.report(Event{Kind: LookTaken, Case: k.config.ID, Round: k.counted, Text: d.Reason})
	return k.emit(record.KindLook, record.LookEvent{
		Case: k.config.ID, Look: record.Look{Rounds: k.counted, Stop: d.Stop, Reason: d.Reason},
	})
}

// overBudget says that so many rounds more would exceed the case's part of the
// experiment's budget. Every case has the same share; what one case leaves over
// the next may use.
func (k *caseRun) overBudget(rounds int) bool {
	share := float64(k.cases+1) / float64(len(k.experiment.config.Cases))
	then := time.Since(k.started) + time.Duration(rounds)*k.roundTime
	return then.Seconds() > k.experiment.config.Measure.Budget.Seconds()*share
}

// settle writes down how far the case got, to its end or not. The document has
// it even where the journal cannot be written any more.
func (k *caseRun) settle(ended bool) error {
	e := record.CaseEndEvent{Case: k.config.ID, Status: k.status(ended)}
	k.document().Status = e.Status
	return k.emit(record.KindCaseEnd, e)
}

func (k *caseRun) status(ended bool) record.Status {
	lost := k.dead != "" || slices.ContainsFunc(k.arms, func(a *arm) bool { return a.out != "" })
	switch {
	case k.dead == "" && !ended:
		return record.Partial
	case lost && k.hung:
		return record.Hung
	case lost:
		return record.Crashed
	}
	return record.Complete
}
