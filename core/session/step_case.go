package session

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// openCaseStep opens the next case.
type openCaseStep struct{ event record.CaseEvent }

func (s openCaseStep) do(_ context.Context, r *runner) error { return r.emit(s.event) }

// endCase says how far a case got.
type endCase struct {
	caseID string
	status record.Status
}

func (s endCase) do(_ context.Context, r *runner) error {
	findings, err := attribute(r.doc, openCase(r.doc))
	if err != nil {
		return err
	}
	return r.emit(record.CaseEndEvent{Case: s.caseID, Status: s.status, Findings: findings})
}

// look is one of the planned looks at the data: the judge says whether it has
// seen enough.
type look struct{ caseID string }

func (s look) do(_ context.Context, r *runner) error {
	c := openCase(r.doc)
	d, err := decide(r.doc, c)
	if err != nil {
		return err
	}
	if !d.Stop && overBudget(r.doc, c, len(r.plan.cases), d.AddRounds, len(living(c, asked))) {
		d.Stop = true
		d.Reason = fmt.Sprintf("the budget of %v does not allow the next %d rounds; %s", time.Duration(r.doc.Experiment.Measure.Budget), d.AddRounds, d.Reason)
	}
	l := record.Look{Rounds: record.Counted(c.Rounds), Stop: d.Stop, Reason: d.Reason}
	if !d.Stop {
		l.AddRounds = d.AddRounds
	}
	return r.emit(record.LookEvent{Case: s.caseID, Look: l})
}

func decide(d *record.Result, c *record.Case) (judge.Decision, error) {
	switch {
	case len(d.Experiment.Guardrails)+len(d.Experiment.Asserts) == 0:
		return judge.Decision{Stop: true, Reason: "no guardrail and no assert asks for more rounds"}, nil
	case d.Metadata.Device.Simulated: // known from the first round on
		return judge.Decision{Stop: true, Reason: "the device is simulated: its times are not measurements, and no verdict can come from more rounds"}, nil
	}
	if err := d.SummarizeCase(c); err != nil {
		return judge.Decision{}, err
	}
	return judge.Decide(d.Plan, d.JudgeGuardrails(), d.JudgeCase(c), d.AssertsOf(c))
}
