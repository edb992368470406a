package conformance

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/process"
)

// clocked are the rules that look at a clock, which a sound plugin may break beside
// programs that keep it from a core.
var clocked = []string{
	string(process.RuleAcks), string(process.RuleIterations), string(process.RuleTimes), "stop", "heartbeat", "stopped-host", "shutdown", "sigterm", "lifeline",
}

// mostTries are made of a clocked rule that is broken beside other programs.
const mostTries = 3

// checked checks a rule. One that looks at a clock and is broken while other
// programs keep cores busy is tried again, from the plugin's start on; if it is
// broken each time, nobody can tell whose fault that is.
func (s *subject) checked(ctx context.Context, rule held) outcome {
	if s.o.onlyOnce || !slices.Contains(clocked, rule.ID) {
		return rule.check(ctx, s)
	}
	found, load := s.watched(func() outcome { return rule.check(ctx, s) })
	for try := 1; found.status == Fail && load > machine.QuietLoad && ctx.Err() == nil; try++ {
		if try == mostTries {
			return outcome{Unclear, fmt.Sprintf("broken %d times beside other programs that keep %.1f of %d cores busy; check it again when they have ended: %s", try, load, runtime.NumCPU(), found.seen)}
		}
		found, load = s.watched(func() outcome { return s.afresh(ctx, rule, found) })
	}
	return found
}

// afresh checks a rule alone, in a process that no other rule has met.
func (s *subject) afresh(ctx context.Context, rule held, before outcome) outcome {
	o := s.o
	o.Only, o.onlyOnce = []string{rule.ID}, true
	o.Begin, o.Done = func(Rule) {}, func(Outcome) {}
	r, err := Check(ctx, o)
	if err != nil || r.Rules[0].Status == Skipped {
		return before // another fault came in between
	}
	return outcome{r.Rules[0].Status, r.Rules[0].Seen}
}

// watched also gives the cores that other programs kept busy meanwhile.
func (s *subject) watched(check func() outcome) (outcome, float64) {
	stop := s.o.foreign()
	found := check()
	return found, stop()
}
