package session

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// cutLook is a clock that interrupts the session during the first look of a trial.
type cutLook struct {
	systemClock
	interrupt func()
}

func (c cutLook) After(d time.Duration) <-chan time.Time {
	if d == firstLook {
		c.interrupt()
		return nil
	}
	return c.systemClock.After(d)
}

// A trial that an interrupt cut short is none: it would say that the plugin rests.
func TestAnInterruptedTrialIsNotKept(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := Open(ctx, Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet, Clock: cutLook{interrupt: cancel},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := experimentOf("cut", variant(t, "base", true, nil), variant(t, "a", false, nil))
	if _, err := s.Run(ctx, []*config.Experiment{e}); err == nil {
		t.Fatal("an interrupted session gave no error: no trial was made")
	}
	events, _, err := record.ReadJournal(s.Journal())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if w, ok := e.Data.(record.WarmupEvent); ok {
			t.Errorf("a warm-up is kept with a trial that was cut short: %+v", w.Warmup.Scaling)
		}
	}
}
