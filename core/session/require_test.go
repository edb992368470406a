package session

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// hasty is a clock whose long waits are over at once, and counted as waited.
type hasty struct {
	mu   sync.Mutex
	gone time.Duration
}

func (c *hasty) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.gone)
}

func (c *hasty) After(d time.Duration) <-chan time.Time {
	if d < time.Second {
		return time.After(d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone += d
	done := make(chan time.Time, 1)
	done <- time.Time{}
	return done
}

// conditioned runs an experiment on a machine that is as environment and observe
// say, and collects the events.
func conditioned(t *testing.T, e *config.Experiment, environment func() record.Environment, observe func() record.Observation) (*record.Result, []record.Data) {
	t.Helper()
	folder := t.TempDir()
	var events []record.Data
	s, err := Open(context.Background(), Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Clock: &hasty{},
		Observe:     func(int, []int) func() record.Observation { return observe },
		Environment: func(context.Context) record.Environment { return environment() },
		Others: func() func() []record.Busy {
			return func() []record.Busy { return []record.Busy{{Name: "make", Cores: 1}} }
		},
		Report: func(e record.Event, _ *record.Result) { events = append(events, e.Data) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	results, err := s.Run(context.Background(), []*config.Experiment{e})
	if err != nil {
		t.Fatal(err)
	}
	return results[0], events
}

func requiring(t *testing.T, q *config.Require) *config.Experiment {
	e := experimentOf("x", variant(t, "a", true, nil), variant(t, "b", false, nil))
	e.Measure.Rounds, e.Measure.MaxRounds, e.Measure.Require = 1, 1, q
	return e
}

func nominal() record.Environment {
	return record.Environment{PowerSource: "ac", ThermalState: "nominal"}
}
func undisturbed() record.Observation { return record.Observation{MHzBefore: 3000, MHzAfter: 3000} }
func cores(x float64) *float64        { return &x }
func battery() record.Environment {
	return record.Environment{PowerSource: "battery", ThermalState: "nominal"}
}
func unknownLoad() record.Observation  { return record.Observation{LoadUnknown: true} }
func silentClock() record.Observation  { return record.Observation{} }
func busyMachine() record.Observation  { return record.Observation{ForeignLoad: 1.5} }
func unknownPower() record.Environment { return record.Environment{} }

func TestCooldown(t *testing.T) {
	e := requiring(t, nil)
	e.Measure.Cooldown = time.Minute
	r, _ := conditioned(t, e, nominal, undisturbed)
	d := r.Cases[0].Rounds[0]
	if len(d.Visits) != 6 || len(d.Waits) != 6 {
		t.Fatalf("%d visits, %d waits", len(d.Visits), len(d.Waits))
	}
	for i, w := range d.Waits {
		if w.For != record.WaitCooldown || w.Visit != d.Visits[i].Index || time.Duration(w.Ns) < time.Minute {
			t.Errorf("wait %d: %+v", i, w)
		}
		if time.Duration(d.Visits[i].HostNs) >= time.Minute {
			t.Errorf("visit %d counts its cooldown", i)
		}
	}
	if o := r.Session.Overhead; time.Duration(o.Cooldown) < 6*time.Minute || time.Duration(o.Visits) >= time.Minute {
		t.Errorf("overhead %+v", o)
	}
}

func TestRequire(t *testing.T) {
	looked := 0
	later := func() record.Environment { // on battery for the first three looks of the round
		if looked++; looked <= 5 {
			return battery()
		}
		return nominal()
	}
	throttled := 0
	slower := func() record.Observation {
		if throttled++; throttled > 3 {
			return record.Observation{MHzBefore: 3000, MHzAfter: 2000}
		}
		return undisturbed()
	}
	const shorter = 50 * time.Second // than the minute that a wait may take; a busy machine is slow
	for _, c := range []struct {
		name        string
		require     config.Require
		environment func() record.Environment
		observe     func() record.Observation
		waited      [2]time.Duration // at least, and less than
		unmet       string           // at the end of the wait
		reason      string           // of a contaminated visit; empty: all are clean
	}{
		{"met", config.Require{Power: "ac", Thermal: "nominal", MinClock: 0.9, MaxForeignLoad: cores(0), Wait: time.Minute},
			nominal, undisturbed, [2]time.Duration{0, shorter}, "", ""},
		{"met after a while", config.Require{Power: "ac", Wait: time.Minute}, later, undisturbed, [2]time.Duration{2 * time.Second, shorter}, "", ""},
		{"not met in time", config.Require{Power: "ac", Wait: 3 * time.Second}, battery, undisturbed,
			[2]time.Duration{3 * time.Second, shorter}, "power is battery, and ac is required", "power is battery, and ac is required"},
		{"unknown power is not met, and not waited for", config.Require{Power: "ac", Wait: time.Minute}, unknownPower, undisturbed,
			[2]time.Duration{0, shorter}, "power cannot be read here, and ac is required", "power cannot be read here"},
		{"unknown thermal state", config.Require{Thermal: "nominal", Wait: time.Minute}, unknownPower, undisturbed,
			[2]time.Duration{0, shorter}, "thermal cannot be read here", "thermal cannot be read here"},
		{"unknown load", config.Require{MaxForeignLoad: cores(1), Wait: time.Minute}, nominal, unknownLoad,
			[2]time.Duration{0, shorter}, "the load of other programs is not known", "the load of other programs is not known"},
		{"busy", config.Require{MaxForeignLoad: cores(1), Wait: 3 * time.Second}, nominal, busyMachine,
			[2]time.Duration{3 * time.Second, shorter}, "other programs keep 1.5 cores busy, and 1 are allowed", "other programs keep 1.5 cores busy"},
		{"a clock that falls", config.Require{MinClock: 0.9, Wait: time.Minute}, nominal, slower,
			[2]time.Duration{0, shorter}, "", "the clock was at 67 % of the highest seen, and 90 % are required"},
		{"a clock that cannot be read", config.Require{MinClock: 0.9, Wait: time.Minute}, nominal, silentClock,
			[2]time.Duration{0, shorter}, "", "the clock cannot be read here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, events := conditioned(t, requiring(t, &c.require), c.environment, c.observe)
			d := r.Cases[0].Rounds[0]
			w := d.Waits[0]
			if took := time.Duration(w.Ns); w.For != record.WaitRequired || took < c.waited[0] || took >= c.waited[1] {
				t.Errorf("waited %v: %+v", took, w)
			}
			if got := strings.Join(w.Unmet, "; "); !strings.Contains(got, c.unmet) || (got == "") != (c.unmet == "") {
				t.Errorf("unmet %q, want %q", got, c.unmet)
			}
			reasons, contaminated := "", 0
			for _, v := range d.Visits {
				if v.Contaminated {
					contaminated++
					reasons = strings.Join(v.Reasons, "; ")
				}
			}
			if !strings.Contains(reasons, c.reason) || (contaminated > 0) != (c.reason != "") {
				t.Errorf("%d contaminated visits, reasons %q, want %q", contaminated, reasons, c.reason)
			}
			told := ""
			for _, e := range events {
				switch e := e.(type) {
				case record.StepEvent:
					if e.Stage == stageWait && e.Detail != "" {
						told = e.Detail
					}
				case record.RoundEndEvent:
					if e.Again != "" && !strings.Contains(e.Again, c.reason) {
						t.Errorf("again: %s", e.Again)
					}
				}
			}
			if (told != "") != (c.waited[0] > 0) {
				t.Errorf("told %q", told)
			}
		})
	}
}

// Rounds that are outside of what is required, after all repeats, give no answer.
func TestUnmetRequirementsGiveNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		environment func() record.Environment
		verdict     judge.Verdict
		reason      string
	}{
		"met":     {nominal, judge.Pass, ""},
		"not met": {battery, judge.Invalid, "not as required in 7 of 7 rounds: power is battery, and ac is required"},
		"unknown": {unknownPower, judge.Invalid, "not as required in 7 of 7 rounds: power cannot be read here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := experimentOf("x", variant(t, "a", true, nil), variant(t, "b", false, map[string]any{"mode": "slow", "slow": 0.9}))
			e.Measure.Rounds, e.Measure.MaxRounds, e.Measure.Require = 7, 7, &config.Require{Power: "ac"}
			e.Guardrails = []config.Guardrail{{Name: "speed", Phase: "decode", MinRatio: 1, Margin: 0.9, OnFail: "fail"}}
			e.Selects = []config.Select{selecting("best", func(s *config.Select) { s.Rounds = 7 })}
			r, _ := conditioned(t, e, c.environment, undisturbed)
			j, s := r.Cases[0].Judgements[0], r.Selections[0]
			if j.Verdict != c.verdict || !strings.Contains(j.Reason, c.reason) {
				t.Errorf("%s: %s", j.Verdict, j.Reason)
			}
			if none := s.Outcome == record.OutcomeNone; none != (c.reason != "") || !strings.Contains(s.Reason, c.reason) {
				t.Errorf("selected %q: %s", s.Variant, s.Reason)
			}
			if c.reason != "" && !strings.Contains(j.Next, "require") {
				t.Errorf("next: %s", j.Next)
			}
		})
	}
}

// A machine that is busy is said before anything is measured, and who kept it so
// when a round is measured again.
func TestBusy(t *testing.T) {
	e := requiring(t, nil)
	visits := 0
	r, events := conditioned(t, e, nominal, func() record.Observation {
		if visits++; visits < 40 {
			return record.Observation{WaitShare: 1, ForeignLoad: 1.5}
		}
		return undisturbed()
	})
	var busy []record.BusyEvent
	again := ""
	for _, e := range events {
		switch e := e.(type) {
		case record.BusyEvent:
			busy = append(busy, e)
		case record.RoundEndEvent:
			again += e.Again
		}
	}
	if len(busy) != 1 || busy[0].ForeignLoad != 1.5 || busy[0].Programs[0].Name != "make" {
		t.Errorf("%+v", busy)
	}
	if again != "disturbed by make" {
		t.Errorf("again: %q", again)
	}
	if r.Status != record.Complete {
		t.Errorf("status %s", r.Status)
	}
}

// The times of a simulated device are no measurements: nothing is waited for, and
// nothing measured again.
func TestNothingDisturbsASimulatedDevice(t *testing.T) {
	e := requiring(t, nil)
	e.Device, e.Kind = "auto", "sim"
	for i := range e.Cases[0].Variants {
		e.Cases[0].Variants[i].Program = config.Program{Plugin: badplugin.Name, Device: "auto", Kind: "sim"}
	}
	r, _ := conditioned(t, e, nominal, func() record.Observation { return record.Observation{WaitShare: 1, ForeignLoad: 1.5} })
	if !r.Metadata.Device.Simulated || len(r.Cases[0].Rounds) != 1 {
		t.Fatalf("simulated %v, %d rounds, want 1", r.Metadata.Device.Simulated, len(r.Cases[0].Rounds))
	}
	for _, v := range r.Cases[0].Rounds[0].Visits {
		if v.Contaminated || v.Superseded || v.Observed.WaitShare != 1 {
			t.Errorf("visit %d: contaminated %v, superseded %v, observed %+v", v.Index, v.Contaminated, v.Superseded, v.Observed)
		}
	}
	if waits := r.Cases[0].Rounds[0].Waits; len(waits) > 0 {
		t.Errorf("waited: %+v", waits)
	}
}
