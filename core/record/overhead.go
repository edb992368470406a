package record

import "time"

// pass counts the time since the event before, which went into what this event
// ends, and gives it back. The gap before a session went on is nobody's.
func (r *Result) pass(e Event) time.Duration {
	last := r.Session.Ended
	r.Session.Ended = e.Time
	if _, again := e.Data.(ResumedEvent); again || last.IsZero() || e.Time.Before(last) {
		return 0
	}
	took := e.Time.Sub(last)
	o := &r.Session.Overhead
	o.Wall += took.Nanoseconds()
	*o.of(e.Data) += took.Nanoseconds()
	if _, warmup := e.Data.(WarmupEvent); warmup {
		o.Warmup += took.Nanoseconds()
	}
	return took
}

// of is the share of the time that an event ends.
func (o *Overhead) of(data Data) *int64 {
	switch d := data.(type) {
	case ProcessEvent:
		return &o.Startup
	case PreparedEvent, ReleasedEvent:
		return &o.Prepare
	case WarmupEvent, IntentEvent, SampleEvent, VisitEvent:
		return &o.Visits
	case YardstickEvent:
		return &o.Yardsticks
	case WaitEvent:
		switch d.Wait.For {
		case WaitCooldown:
			return &o.Cooldown
		case WaitRequired:
			return &o.Required
		}
		return &o.Quiet
	case FailureEvent:
		return o.ofStage(d.Stage)
	case StepEvent:
		if d.Detail != "" { // the step went on
			return o.ofStage(d.Stage)
		}
		if d.Stage == "open" {
			return &o.Startup
		}
	}
	return &o.Host
}

func (o *Overhead) ofStage(stage string) *int64 {
	switch stage {
	case "start", "open":
		return &o.Startup
	case "prepare", "release":
		return &o.Prepare
	case "warm-up", "visit":
		return &o.Visits
	case "yardstick":
		return &o.Yardsticks
	case "wait":
		return &o.Required
	}
	return &o.Host
}
