package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// probe asks how the device is after failures, before anything else runs on it.
type probe struct{}

func (probe) do(ctx context.Context, r *runner) error {
	p := record.Probe{Kind: cmp.Or(r.doc.Metadata.Device.Kind, r.config.Kind)}
	err := r.s.Probe(ctx, p.Kind, r.doc.Metadata.Device.Index)
	if ctx.Err() != nil { // the user ended it, not the device
		return ctx.Err()
	}
	if p.Healthy = err == nil; !p.Healthy {
		p.Message = err.Error()
	}
	p.Time = r.s.Clock.Now().UTC()
	return r.emit(record.ProbeEvent{Probe: p})
}

// conclude judges what was measured and completes the document.
type conclude struct{}

func (conclude) do(ctx context.Context, r *runner) error { return r.conclude(ctx) }

func (r *runner) conclude(ctx context.Context) error {
	d := r.doc
	if err := d.Summarize(); err != nil {
		return err
	}
	d.FillMetadata() // facts of the plugin come with the summary
	e := record.ConcludedEvent{
		After: r.s.Environment(context.WithoutCancel(ctx)), Asserts: map[string][]record.AssertResult{},
		Selections: []record.Selection{}, Judgements: []judge.Judgement{},
	}
	for _, n := range r.evaluate(&e) {
		if err := r.note(n); err != nil {
			return err
		}
	}
	if err := r.selections(&e); err != nil {
		return err
	}
	for i := range d.Cases {
		e.Judgements = append(e.Judgements, d.Cases[i].Judgements...)
	}
	e.Verdict, e.Status = d.Verdict, r.status()
	err := r.emit(e)
	var unwritten *record.WriteError
	if errors.As(err, &unwritten) { // the document may go where the journal could not
		return join(err, d.Apply(record.Event{Time: d.Session.Ended, Data: e}))
	}
	return err
}

// skip concludes an experiment whose `when` is false.
func (r *runner) skip(ctx context.Context) error {
	if err := r.note("skipped: its `when` is false"); err != nil {
		return err
	}
	return r.emit(record.ConcludedEvent{
		Status: record.Skipped, Verdict: "none", After: r.s.Environment(ctx), Asserts: map[string][]record.AssertResult{},
		Selections: []record.Selection{}, Judgements: []judge.Judgement{},
	})
}

// status is the worst of the cases', or partial when one is missing.
func (r *runner) status() record.Status {
	least := record.Complete
	if len(r.doc.Cases) < len(r.plan.cases) {
		least = record.Partial
	}
	worst := r.doc.WorstStatus(least)
	if worst == record.Complete && r.doc.Verdict == string(judge.Invalid) {
		return record.Invalid
	}
	return worst
}

func (r *runner) note(text string) error {
	if err := r.emit(record.NoteEvent{Text: text}); err != nil {
		return fmt.Errorf("note: %w", err)
	}
	return nil
}
