package session

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// The host of these tests is this test binary, started with these variables.
const (
	envFolder = "TEST_HOST_FOLDER"  // where the session runs
	envPlugin = "TEST_HOST_PLUGIN"  // the plugin as JSON
	envDie    = "TEST_HOST_DIE"     // after so many events; 0: never
	envResume = "TEST_HOST_JOURNAL" // the journal to go on with; empty: a new session
	envRace   = "TEST_HOST_RACE"    // not empty: it runs a race on a quiet machine
)

func scriptedHost(folder string) error {
	clock := &scriptedClock{file: os.Getenv(badplugin.Clock)}
	p := &Plugin{}
	if err := json.Unmarshal([]byte(os.Getenv(envPlugin)), p); err != nil {
		return err
	}
	die, err := strconv.Atoi(os.Getenv(envDie))
	if err != nil {
		return err
	}
	o := Options{
		Programs: func(config.Program) (*Plugin, error) { return p, nil },
		Folder:   folder, Version: "0.1.0", Seed: 7, LockPath: filepath.Join(folder, "lock"), Clock: clock,
		Environment: func(context.Context) record.Environment { return record.Environment{Time: clock.Now()} },
		Observe:     clock.observe,
		Report: func(e record.Event, _ *record.Result) {
			clock.told(e)
			if die--; die == 0 {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		},
	}
	experiments := scriptedExperiments()
	if os.Getenv(envRace) != "" {
		experiments, o.Observe = []*config.Experiment{scriptedRace()}, quiet
	}
	ctx := context.Background()
	open := func() (*Session, error) { return Open(ctx, o) }
	if journal := os.Getenv(envResume); journal != "" {
		open = func() (*Session, error) { return Resume(ctx, journal, o) }
	}
	s, err := open()
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Run(ctx, experiments)
	return err
}

// scriptedClock is the time that host and plugin share.
type scriptedClock struct {
	file string
	step time.Time // when the step under way began
}

func (c *scriptedClock) Now() time.Time {
	t, err := badplugin.ReadClock(c.file)
	if err != nil {
		panic(err)
	}
	return t
}

func (c *scriptedClock) After(time.Duration) <-chan time.Time {
	now := make(chan time.Time, 1)
	now <- c.Now()
	return now
}

// told takes back the time that a resumed session spent on what had been done
// already, so that all that follows has the times of an undisturbed session.
func (c *scriptedClock) told(e record.Event) {
	switch d := e.Data.(type) {
	case record.StepEvent:
		c.step = c.Now()
	case record.WarmupEvent:
		if d.Warmup.Again {
			if err := badplugin.SetClock(c.file, c.step); err != nil {
				panic(err)
			}
		}
	}
}

// observe sees another program in about a sixth of the visits, by the time at
// which they end.
func (c *scriptedClock) observe(int, []int) func() record.Observation {
	return func() record.Observation {
		if c.Now().UnixNano()/1000%6 == 0 {
			return record.Observation{WaitShare: 1}
		}
		return record.Observation{}
	}
}

// scriptedExperiments have what a session can have: a matrix, a search, a variant
// that cannot be measured, arms in processes of their own, and arms in turns.
func scriptedExperiments() []*config.Experiment {
	program := func(env string) config.Program {
		p := config.Program{Plugin: badplugin.Name, Name: badplugin.Name, Device: "cpu", Kind: "cpu"}
		if env != "" {
			p.Env = map[string]string{"TEST_ARM": env}
		}
		return p
	}
	variants := func(own bool) []config.Variant {
		var out []config.Variant
		for i, v := range []struct {
			name string
			set  map[string]any
		}{
			{"base", map[string]any{"slow": 1.0}},
			{"slower", map[string]any{"slow": 1.25, "tag": "<&>"}},
			{"victim", map[string]any{"mode": "exit3", "at": "prepare"}},
		} {
			made := variantNoTest(v.name, i == 0, v.set)
			made.Program = program("")
			if own {
				made.Program = program(v.name)
			}
			out = append(out, made)
		}
		return out
	}
	of := func(name string, own bool) *config.Experiment {
		e := experimentOf(name, variants(own)...)
		e.Measure.Phases, e.Measure.Passes = []string{"decode", "prefill"}, 2
		e.Cases = append(e.Cases, config.Case{ID: "second", Variants: e.Cases[0].Variants})
		return e
	}
	search, separate, turns := of("search", false), of("separate", true), of("turns", true)
	separate.Guardrails = []config.Guardrail{{Name: "no_loss", Phase: "decode", Statistic: "fastest", MinRatio: 1, Margin: 0.1, OnFail: "fail"}}
	turns.Measure.Residency, turns.Measure.Passes = config.Turns, 1
	return []*config.Experiment{search, separate, turns}
}

// Killed again and again, at any event, and resumed each time, a session comes to
// the documents that it comes to undisturbed.
func TestAKilledSessionGoesOnAsIfNothingHadHappened(t *testing.T) {
	t.Parallel() // its processes have a clock of their own, which a busy machine does not change
	whole := hostFolder(t)
	if err := whole.run(t, "", 0); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	cut := hostFolder(t)
	rng := rand.New(rand.NewPCG(11, 6)) // no death falls between the last sample of a visit that is disturbed and its end: what was observed of it would be lost
	kills, journal := 0, ""
	for {
		err := cut.run(t, journal, 110+rng.IntN(190))
		if err == nil {
			break
		}
		if kills++; kills > 400 {
			t.Fatal("killed 400 times and not at its end")
		}
		journal = cut.journal(t)
	}
	if kills < 20 {
		t.Errorf("the session was killed %d times, want 20 or more", kills)
	}
	joints, lost := 0, 0
	for _, e := range scriptedExperiments() {
		want, got := whole.result(t, e.Name), cut.result(t, e.Name)
		joints += len(jointsOf(got))
		lost += lostLoad(t, got)
		rep, err := rejudge.Check(got)
		if err != nil || !rep.Follows {
			t.Errorf("%s does not follow from its samples: %v %+v", e.Name, err, rep)
		}
		if err := rep.CheckJournal(cut.path(e.Name), got); err != nil || rep.Journal.State != rejudge.JournalAgrees {
			t.Errorf("%s and its journal: %v, %s %s", e.Name, err, rep.Journal.State, rep.Journal.Damage)
		}
		if diff := cmp.Diff(unmarked(want), unmarked(got)); diff != "" {
			t.Errorf("%s differs from the undisturbed one:\n%.6000s", e.Name, diff)
		}
	}
	events, _, err := record.ReadJournal(journal)
	if err != nil {
		t.Fatal(err)
	}
	eventsFitTheirSchema(t, events)
	t.Logf("killed and resumed %d times; %d joints in rounds, %d of them before the end of a visit that had all its samples", kills, joints, lost)
	if lost == 0 {
		t.Error("no visit was cut between its last sample and its end")
	}
	if joints < 10 {
		t.Errorf("%d rounds were cut in two, want 10 or more", joints)
	}
}

func jointsOf(r *record.Result) (out []record.Joint) {
	for i := range r.Cases {
		for n := 1; n <= r.Cases[i].Begun(); n++ {
			out = append(out, r.Cases[i].Round(n).Joints...)
		}
	}
	return out
}

// lostLoad holds that no visit that was cut says what other programs did, and counts
// those that were cut when they had all their samples.
func lostLoad(t *testing.T, r *record.Result) (n int) {
	t.Helper()
	for i := range r.Cases {
		for number := 1; number <= r.Cases[i].Begun(); number++ {
			d := r.Cases[i].Round(number)
			for _, j := range d.Joints {
				if j.Samples == 0 {
					continue
				}
				v := d.Visits[j.Visits]
				if !v.Observed.LoadUnknown {
					t.Errorf("%s, case %s, round %d: visit %d was cut after %d samples, and claims to know the load", r.Experiment.Name, r.Cases[i].ID, number, v.Index, j.Samples)
				}
				if j.Samples == v.Samples.Len() {
					n++
				}
			}
		}
	}
	return n
}

// unmarked takes out of a document what names its session and its processes, and
// the marks of joined rounds with what was made once more because of them.
func unmarked(r *record.Result) *record.Result {
	r.Session.ID, r.Session.Journal, r.Session.Command, r.Session.Source, r.Session.Resumptions = "", "", nil, record.Source{}, nil
	for i := range r.Programs { // the folder of the clock
		r.Programs[i].Environment = nil
	}
	r.Metadata.GitReason = "" // names the folder
	o := &r.Session.Overhead
	for i := range r.Failures {
		r.Failures[i].MaxRSS, r.Failures[i].Stderr = 0, nil
	}
	for i := range r.Cases {
		for n := 1; n <= r.Cases[i].Begun(); n++ {
			d := r.Cases[i].Round(n)
			d.Joints = nil
			d.Processes = slices.DeleteFunc(d.Processes, func(p record.Process) bool { return p.Again })
			d.Prepared = slices.DeleteFunc(d.Prepared, func(p record.Prepared) bool { return p.Again })
			d.Warmups = slices.DeleteFunc(d.Warmups, func(w record.Warmup) bool {
				if w.Again {
					o.Wall, o.Visits, o.Warmup = o.Wall-w.Ns, o.Visits-w.Ns, o.Warmup-w.Ns
				}
				return w.Again
			})
			for j := range d.Visits {
				d.Visits[j].Observed.LoadUnknown = false
			}
			for j := range d.Processes {
				d.Processes[j].PID, d.Processes[j].Joint = 0, 0
			}
			for j := range d.Prepared {
				d.Prepared[j].Joint = 0
			}
			for j := range d.Warmups {
				d.Warmups[j].Joint = 0
			}
		}
	}
	return r
}
