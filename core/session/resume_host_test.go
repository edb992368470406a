package session

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/record"
)

// host is a folder in which a session is run by processes that die.
type host struct{ folder, clock string }

func hostFolder(t *testing.T) host {
	t.Helper()
	h := host{folder: t.TempDir()}
	h.clock = filepath.Join(t.TempDir(), "clock")
	return h
}

// run runs the session, or goes on with it, in a process of its own that kills
// itself after so many events.
func (h host) run(t *testing.T, journal string, die int) error {
	t.Helper()
	now := time.Unix(1_700_000_000, 0)
	if journal != "" { // what a batch took that was not journaled never was
		events, _, err := record.ReadJournal(journal)
		if err != nil {
			t.Fatal(err)
		}
		now = events[len(events)-1].Time
		if w, ok := events[len(events)-1].Data.(record.WarmupEvent); ok && w.Warmup.Again {
			now = now.Add(-time.Duration(w.Warmup.Ns))
		}
	}
	if err := badplugin.SetClock(h.clock, now); err != nil {
		t.Fatal(err)
	}
	p, err := json.Marshal(plugin)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envFolder+"="+h.folder, envPlugin+"="+string(p), envResume+"="+journal,
		fmt.Sprintf("%s=%d", envDie, die), badplugin.Clock+"="+h.clock)
	out, err := cmd.CombinedOutput()
	if len(out) > 0 {
		t.Fatalf("the host said: %s", out)
	}
	return err
}

func (h host) journal(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(h.folder, "results", "runs", "*", "journal.jsonl"))
	if err != nil || len(found) != 1 {
		t.Fatalf("journals %v, error %v; want one", found, err)
	}
	return found[0]
}

func (h host) path(name string) string { return filepath.Join(h.folder, name+".json") }

func (h host) result(t *testing.T, name string) *record.Result {
	t.Helper()
	r, err := record.ReadResult(h.path(name))
	if err != nil {
		t.Fatal(err)
	}
	fitsSchema(t, h.path(name))
	return r
}
