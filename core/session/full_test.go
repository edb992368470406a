package session

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// A limit on the size of files stands in for a disk that is full while one event is
// written. There is space again right after it, and nothing may follow the part of
// a line that stands in the journal: the session goes on behind what is whole. The
// limit is of a whole process, so that the test has one of its own.
func TestAFullDiskWhileAnEventIsJournaled(t *testing.T) {
	t.Parallel()
	const envFull = "ASSAY_TEST_FULL_DISK"
	if os.Getenv(envFull) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), envFull+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for name, c := range map[string]struct {
		after record.Data // the event before the one that is not written
		limit time.Duration
	}{
		"race":              {after: record.LookEvent{}},
		"round":             {after: record.CaseEvent{}},
		"sample":            {after: record.WarmupEvent{}},
		"budget":            {after: record.ExperimentEvent{}, limit: time.Hour},
		"end of the budget": {after: record.CaseEvent{}, limit: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			e := experimentOf("full", paced([]string{"base", "a", "b"}, 1, 1.5, 2)...)
			if name == "race" {
				e.Selects = []config.Select{selecting("fastest", nil)}
			}
			o := Options{
				Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
				LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet,
			}
			full := o
			full.Budget = c.limit
			var s *Session
			var last atomic.Uint64
			restore := func() {}
			full.Report = func(e record.Event, _ *record.Result) {
				if reflect.TypeOf(e.Data) == reflect.TypeOf(c.after) && last.Load() == 0 {
					last.Store(e.Seq)
					restore = fill(t, s.Journal())
				}
			}
			full.Environment = func(context.Context) record.Environment {
				restore()
				return record.Environment{}
			}
			var err error
			if s, err = Open(context.Background(), full); err != nil {
				t.Fatal(err)
			}
			_, err = s.Run(context.Background(), []*config.Experiment{e})
			restore()
			if err == nil || !errors.Is(err, unix.EFBIG) || strings.Count(err.Error(), "file too large") != 1 {
				t.Errorf("error %v, want one that says once that the file is too large", err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			events, torn, err := record.ReadJournal(s.Journal())
			if err != nil || !torn || len(events) != int(last.Load()) {
				t.Fatalf("%d events, torn %v, error %v; want the %d before the lost one, and a torn one", len(events), torn, err, last.Load())
			}
			again, err := Resume(context.Background(), s.Journal(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			results, err := again.Run(context.Background(), []*config.Experiment{e})
			if err != nil || len(results) != 1 || results[0].Status != record.Complete {
				t.Fatalf("resumed: %v, error %v; want one complete result", results, err)
			}
			if rep, err := rejudge.Check(results[0]); err != nil || !rep.Follows {
				t.Errorf("it does not follow from its samples: %v %+v", err, rep)
			}
		})
	}
}

// fill leaves a file 20 bytes to grow, and makes room again once that was not enough.
func fill(t *testing.T, path string) (restore func()) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = uint64(info.Size()) + 20
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &low); err != nil {
		t.Fatal(err)
	}
	set := func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(set)
	return func() {
		if now, err := os.Stat(path); err != nil || now.Size() == info.Size() {
			return // nothing was lost yet
		}
		set()
	}
}
