package record

import (
	"fmt"
	"slices"
	"time"
)

// Apply adds one event to the result: the document is the fold of its events.
// A session applies each event right after journaling it, Replay applies those
// of a journal.
//
// Rounds are addressed by their number in order of starting, from 1: a round
// that is tried again is a new one with the same Index and the next Attempt.
func (r *Result) Apply(e Event) error {
	if _, written := e.Data.(ResultEvent); written { // what was written stays what it was
		return nil
	}
	took := r.pass(e)
	switch d := e.Data.(type) {
	case ExperimentEvent:
		*r = d.Result
		r.SchemaVersion, r.Session.Ended = SchemaVersion, e.Time
		return nil
	case NoteEvent:
		r.Diagnostics = append(r.Diagnostics, d.Text)
		return nil
	case CaseEvent:
		r.Cases = append(r.Cases, Case{ID: d.Case, Matrix: d.Matrix, Variants: d.Variants, Status: Partial})
		return nil
	case FailureEvent:
		r.Failures = append(r.Failures, d.Failure)
		if !d.StruckOut || d.Variant == "" {
			return nil
		}
		return r.inVariant(d.Case, d.Variant, func(v *Variant) { v.Failure = d.Message })
	case CaseEndEvent:
		r.Findings = append(r.Findings, d.Findings...)
		return r.inCase(d.Case, func(c *Case) { c.Status = d.Status })
	case BudgetEvent:
		r.Session.Budget = &d.Budget
		return nil
	case ProbeEvent:
		r.Probe = &d.Probe
		return nil
	case FindingEvent:
		r.Findings = append(r.Findings, d.Finding)
		return nil
	case VariantEvent:
		return r.inCase(d.Case, func(c *Case) { c.Variants = append(c.Variants, d.Variant) })
	case SearchEvent:
		r.Findings = append(r.Findings, d.Findings...)
		return r.inCase(d.Case, func(c *Case) {
			c.Variants = append(c.Variants, d.Variants...)
			c.Searches = append(c.Searches, d.Search)
		})
	case LookEvent:
		return r.inCase(d.Case, func(c *Case) { c.Looks = append(c.Looks, d.Look) })
	case RoundBeginEvent:
		return r.inCase(d.Case, func(c *Case) {
			if x := c.RaceOf(d.Race); x != nil && d.Race != "" {
				x.Rounds = append(x.Rounds, d.Round)
				return
			}
			c.Rounds = append(c.Rounds, d.Round)
		})
	case RaceEvent:
		return r.inCase(d.Case, func(c *Case) { c.Races = append(c.Races, d.Race) })
	case ConcludedEvent:
		return r.concluded(d)
	case ResumedEvent:
		r.resumed(d)
		return nil
	case WaitingEvent, OrphansEvent, BusyEvent, StepEvent, IntentEvent, SessionEvent:
		return nil
	}
	return r.applyToRound(e, took)
}

// applyToRound adds what happened inside a round. took is the time since the event
// before.
func (r *Result) applyToRound(e Event, took time.Duration) error {
	switch d := e.Data.(type) {
	case ProcessEvent:
		if d.Process.Program == 0 {
			r.Metadata.Device = d.Process.Device
		}
		if err := r.inRound(d.Case, d.Round, func(x *Round) { x.Processes = append(x.Processes, d.Process) }); err != nil {
			return err
		}
		r.stateMLX(d.Process.Device.Facts[mlxFact])
		return nil
	case PreparedEvent:
		return r.inRound(d.Case, d.Round, func(x *Round) { x.Prepared = append(x.Prepared, d.Prepared) })
	case ReleasedEvent:
		return r.inRound(d.Case, d.Round, func(x *Round) { x.Released = append(x.Released, d.Released) })
	case WarmupEvent:
		return r.inRound(d.Case, d.Round, func(x *Round) { x.Warmups = append(x.Warmups, d.Warmup) })
	case YardstickEvent:
		return r.inRound(d.Case, d.Round, func(x *Round) { x.Yardsticks = append(x.Yardsticks, d.Yardstick) })
	case WaitEvent:
		return r.inRound(d.Case, d.Round, func(x *Round) { x.Waits = append(x.Waits, d.Wait) })
	case SampleEvent:
		return r.inRound(d.Case, d.Round, func(x *Round) {
			v := x.visit(d.Visit)
			if v.Samples.Len() == 0 {
				v.Started = e.Time.Add(-took)
			}
			v.Variant, v.Phase = d.Variant, d.Phase
			v.HostNs += took.Nanoseconds()
			v.Samples.Add(d.Sample)
		})
	case VisitEvent:
		if d.Kernels != nil {
			if err := r.inVariant(d.Case, d.Visit.Variant, func(v *Variant) { v.ran(d.Visit.Phase, *d.Kernels) }); err != nil {
				return err
			}
		}
		return r.inRound(d.Case, d.Round, func(x *Round) {
			v := x.visit(d.Visit.Index)
			so := *v
			*v = d.Visit
			v.Samples = so.Samples
			if x.joinedIn(v.Index) { // what its process saw is a part of it
				v.Started, v.HostNs = so.Started, so.HostNs+took.Nanoseconds()
			}
			x.supersede(v, r.Experiment.Measure.Require != nil)
		})
	case RoundEndEvent:
		return r.inRound(d.Case, d.Round, func(x *Round) {
			x.Ended, x.After, x.Counted, x.Disturbed = d.Ended, d.After, d.Counted, d.Disturbed
			if d.Device != nil { // a journal of schema 1
				x.single(d.PID, d.StartupNs, d.Device)
				r.Metadata.Device = *d.Device
			}
		})
	}
	return fmt.Errorf("no rule for event data %T", e.Data)
}

// supersede marks the one of two visits in the same place of the order that more
// CPU time was taken from: the other stands in for it. Where the experiment
// requires something of the machine, one that is not contaminated comes first.
func (d *Round) supersede(last *Visit, required bool) {
	if last.Superseded { // journals of schema 1 say so themselves
		return
	}
	for i := range d.Visits {
		v := &d.Visits[i]
		if v.Index == last.Index || v.Superseded || v.Variant != last.Variant || v.Phase != last.Phase || v.Pass != last.Pass {
			continue
		}
		better := last.lostCPU() < v.lostCPU()
		if required && last.Contaminated != v.Contaminated {
			better = v.Contaminated
		}
		if better {
			v.Superseded = true
		} else {
			last.Superseded = true
		}
	}
}

// lostCPU ranks visits by CPU time lost to other programs and the hypervisor, in
// cores.
func (v *Visit) lostCPU() float64 { return v.Observed.WaitShare + v.Observed.Steal }

// joinedIn says that a joint lies in a visit.
func (d *Round) joinedIn(visit int) bool {
	return slices.ContainsFunc(d.Joints, func(j Joint) bool { return j.Visits == visit-1 && j.Samples > 0 })
}

func (r *Result) concluded(d ConcludedEvent) error {
	r.Status, r.Verdict, r.Metadata.After = d.Status, d.Verdict, d.After
	r.Selections = d.Selections
	for i := range r.Cases {
		c := &r.Cases[i]
		if c.Asserts = d.Asserts[c.ID]; c.Asserts == nil {
			c.Asserts = []AssertResult{}
		}
	}
	return nil
}

// resumed opens a document again that was cut short. A round that was under way
// goes on in fresh processes.
func (r *Result) resumed(d ResumedEvent) {
	r.Session.Resumptions = append(r.Session.Resumptions, d.Resumption)
	r.Status, r.Verdict, r.Session.Budget = Partial, none, nil
	if len(r.Cases) == 0 {
		return
	}
	c := &r.Cases[len(r.Cases)-1]
	x := c.Round(c.Begun())
	if x == nil || !x.Ended.IsZero() {
		return
	}
	j := Joint{Time: d.Time}
	for i := range x.Visits {
		if v := &x.Visits[i]; !v.Ended() {
			j.Samples = v.Samples.Len()
		} else {
			j.Visits++
		}
	}
	x.Joints = append(x.Joints, j)
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
		if x := c.Round(round); x != nil {
			f(x)
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
	d.Visits = append(d.Visits, Visit{Index: index})
	return &d.Visits[len(d.Visits)-1]
}
