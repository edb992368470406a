package record

import (
	"encoding/json"
	"fmt"
)

// Apply adds one event's data to the result. A session applies each event right
// after journaling it; Replay applies a journal's. So the document is a
// function of the journal. Samples of a crashed visit stay.
//
// Rounds are addressed by their number in order of starting, from 1: a round
// that is tried again is a new one with the same Index and the next Attempt.
func (r *Result) Apply(data any) error {
	switch e := data.(type) {
	case CaseEvent:
		r.Cases = append(r.Cases, Case{ID: e.Case, Matrix: e.Matrix, Variants: e.Variants, Status: Partial})
		return nil
	case FailureEvent:
		r.Failures = append(r.Failures, e.Failure)
		if !e.StruckOut {
			return nil
		}
		return r.inVariant(e.Case, e.Variant, func(v *Variant) { v.Failure = e.Message })
	case CaseEndEvent:
		return r.inCase(e.Case, func(c *Case) { c.Status = e.Status })
	case Probe:
		r.Probe = &e
		return nil
	case Finding:
		r.Findings = append(r.Findings, e)
		return nil
	case VariantEvent:
		return r.inCase(e.Case, func(c *Case) { c.Variants = append(c.Variants, e.Variant) })
	case LookEvent:
		return r.inCase(e.Case, func(c *Case) { c.Looks = append(c.Looks, e.Look) })
	case RoundBeginEvent:
		return r.inCase(e.Case, func(c *Case) { c.Rounds = append(c.Rounds, e.Round) })
	case RoundEndEvent:
		return r.inRound(e.Case, e.Round, func(d *Round) {
			d.Ended, d.After, d.Counted, d.Device = e.Ended, e.After, e.Counted, e.Device
			d.PID, d.StartupNs, d.Disturbed = e.PID, e.StartupNs, e.Disturbed
		})
	case PreparedEvent:
		return r.inRound(e.Case, e.Round, func(d *Round) { d.Prepared = append(d.Prepared, e.Prepared) })
	case ReleasedEvent:
		return r.inRound(e.Case, e.Round, func(d *Round) { d.Released = append(d.Released, e.Released) })
	case WarmupEvent:
		return r.inRound(e.Case, e.Round, func(d *Round) { d.Warmups = append(d.Warmups, e.Warmup) })
	case SampleEvent:
		return r.inRound(e.Case, e.Round, func(d *Round) {
			v := d.visit(e.Visit)
			v.Variant, v.Phase = e.Variant, e.Phase
			v.Samples = append(v.Samples, e.Sample)
		})
	case VisitEvent:
		return r.inRound(e.Case, e.Round, func(d *Round) {
			v := d.visit(e.Visit.Index)
			samples := v.Samples
			*v = e.Visit
			v.Samples = samples
		})
	case IntentEvent:
		return nil
	}
	return fmt.Errorf("no rule for event data %T", data)
}

func (r *Result) inCase(id string, f func(*Case)) error {
	// The case in progress is the last one; only proposals look further back.
	for i := len(r.Cases) - 1; i >= 0; i-- {
		if r.Cases[i].ID == id {
			f(&r.Cases[i])
			return nil
		}
	}
	return fmt.Errorf("event of case %q, which was not opened", id)
}

func (r *Result) inVariant(id, name string, f func(*Variant)) error {
	err := fmt.Errorf("case %q: event of variant %q, which it does not have", id, name)
	caseErr := r.inCase(id, func(c *Case) {
		for i := range c.Variants {
			if c.Variants[i].Name == name {
				f(&c.Variants[i])
				err = nil
			}
		}
	})
	if caseErr != nil {
		return caseErr
	}
	return err
}

func (r *Result) inRound(id string, round int, f func(*Round)) error {
	err := fmt.Errorf("case %q: event of round %d, which was not begun", id, round)
	caseErr := r.inCase(id, func(c *Case) {
		if round >= 1 && round <= len(c.Rounds) {
			f(&c.Rounds[round-1])
			err = nil
		}
	})
	if caseErr != nil {
		return caseErr
	}
	return err
}

// visit finds the visit of that index, which is the last one or a new one.
func (d *Round) visit(index int) *Visit {
	for i := len(d.Visits) - 1; i >= 0; i-- {
		if d.Visits[i].Index == index {
			return &d.Visits[i]
		}
	}
	d.Visits = append(d.Visits, Visit{Index: index, Samples: []Sample{}})
	return &d.Visits[len(d.Visits)-1]
}

// Replay folds the events of one experiment of a journal into r.
func (r *Result) Replay(events []Event, experiment string) error {
	for _, ev := range events {
		if ev.Experiment != experiment {
			continue
		}
		data, err := decodeEvent(ev)
		if err != nil {
			return err
		}
		if data == nil {
			continue
		}
		if err := r.Apply(data); err != nil {
			return fmt.Errorf("journal event %d: %w", ev.Seq, err)
		}
	}
	return nil
}

// decodeEvent gives the data of measuring events, nil for the others.
func decodeEvent(ev Event) (any, error) {
	switch ev.Kind {
	case KindCase:
		return decode[CaseEvent](ev)
	case KindVariant:
		return decode[VariantEvent](ev)
	case KindRoundBegin:
		return decode[RoundBeginEvent](ev)
	case KindRoundEnd:
		return decode[RoundEndEvent](ev)
	case KindPrepared:
		return decode[PreparedEvent](ev)
	case KindReleased:
		return decode[ReleasedEvent](ev)
	case KindWarmup:
		return decode[WarmupEvent](ev)
	case KindSample:
		return decode[SampleEvent](ev)
	case KindVisit:
		return decode[VisitEvent](ev)
	case KindFailure:
		return decode[FailureEvent](ev)
	case KindCaseEnd:
		return decode[CaseEndEvent](ev)
	case KindProbe:
		return decode[Probe](ev)
	case KindLook:
		return decode[LookEvent](ev)
	case KindFinding:
		return decode[Finding](ev)
	}
	return nil, nil
}

func decode[T any](ev Event) (any, error) {
	var v T
	if err := json.Unmarshal(ev.Data, &v); err != nil {
		return nil, fmt.Errorf("journal event %d (%s): %w", ev.Seq, ev.Kind, err)
	}
	return v, nil
}
