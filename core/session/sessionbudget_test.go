package session

import (
	"testing"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// A round begins if one as long as the last fits into what the session allows.
func TestWithinTheSessionsBudget(t *testing.T) {
	minute := time.Minute.Nanoseconds()
	for _, c := range []struct {
		name   string
		budget *record.Budget
		used   int64
		rounds int // that the case has, of a minute each
		want   bool
	}{
		{"no budget", nil, 1000 * minute, 3, true},
		{"one more fits", &record.Budget{Wall: 10 * minute}, 9 * minute, 9, true},
		{"one more does not", &record.Budget{Wall: 10 * minute}, 9*minute + 1, 9, false},
		{"the first of a case, with something left", &record.Budget{Wall: 10 * minute}, 10 * minute, 0, true},
		{"the first of a case, with nothing left", &record.Budget{Wall: 10 * minute}, 10*minute + 1, 0, false},
	} {
		d := &record.Result{Cases: make([]record.Case, 1)}
		d.Session.Budget, d.Session.Overhead.Wall = c.budget, c.used
		for range c.rounds {
			d.Cases[0].Rounds = append(d.Cases[0].Rounds, record.Round{Counted: true, Started: time.Unix(0, 0), Ended: time.Unix(60, 0)})
		}
		if _, begins := within(d, &d.Cases[0], beginRound{}).(beginRound); begins != c.want {
			t.Errorf("%s: begins %t, want %t", c.name, begins, c.want)
		}
	}
}

// Experiments share the budget by what they ask for; a spent one is partial, says
// so, and goes on when the session is resumed without it.
func TestSessionBudget(t *testing.T) {
	folder := t.TempDir()
	long := func(name string, rounds int) *config.Experiment {
		e := experimentOf(name, variant(t, "a", true, nil), variant(t, "b", false, nil))
		e.Measure.Rounds, e.Measure.MaxRounds, e.Measure.Cooldown = rounds, rounds, 10*time.Second
		return e
	}
	es := []*config.Experiment{long("one", 4), long("two", 2)}
	o := budgeted(folder, 4*time.Minute)
	results, journal := measured(t, es, func() (*Session, error) { return Open(t.Context(), o) })
	// A round takes a minute: 160 s are two rounds, and two are what is left for the other.
	for i, want := range []int{2, 1} {
		r := results[i]
		if n := record.Counted(r.Cases[0].Rounds); n != want || r.Status != record.Partial || !r.OutOfBudget() {
			t.Errorf("%s: %d rounds, want %d; %s, %+v", r.Experiment.Name, n, want, r.Status, r.Session.Budget)
		}
	}
	o = budgeted(folder, 0)
	results, _ = measured(t, es, func() (*Session, error) { return Resume(t.Context(), journal, o) })
	for i, want := range []int{4, 2} {
		r := results[i]
		if n := record.Counted(r.Cases[0].Rounds); n != want || r.Status != record.Complete || r.OutOfBudget() {
			t.Errorf("%s resumed: %d rounds, %s, %+v", r.Experiment.Name, n, r.Status, r.Session.Budget)
		}
	}
}

func budgeted(folder string, budget time.Duration) Options {
	return Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0", Seed: 7,
		LockPath: folder + "/lock", Clock: &hasty{}, Observe: quiet, Budget: budget,
	}
}

func measured(t *testing.T, es []*config.Experiment, open func() (*Session, error)) ([]*record.Result, string) {
	t.Helper()
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	results, err := s.Run(t.Context(), es)
	if err != nil {
		t.Fatal(err)
	}
	return results, s.Journal()
}
