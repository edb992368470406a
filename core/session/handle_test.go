package session

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
)

// A handle tells a plugin nothing that it does not know: it is the number of
// the preparation, and which variant is prepared when is drawn in each round.
// The SDK logs a preparation with its handle, so the host's log holds what the
// plugin was given.
func TestHandlesSayNothingOfVariants(t *testing.T) {
	e := experimentOf("handles", variant(t, "base", true, nil), variant(t, "a", false, nil), variant(t, "b", false, nil))
	e.Measure.Rounds, e.Measure.MaxRounds = 5, 5
	folder := t.TempDir()
	var log lockedBuffer
	s, err := Open(context.Background(), Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Observe: quiet,
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: &log, JSONFormat: true}),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	results, err := s.Run(context.Background(), []*config.Experiment{e})
	if err != nil {
		t.Fatal(err)
	}
	given := log.handles(t)
	places := map[string]map[string]bool{} // by handle: the variants that had it
	for _, d := range results[0].Cases[0].Rounds {
		if len(d.Prepared) != 4 || len(given) < 4 {
			t.Fatalf("round %d prepared %d variants and the log holds %d more handles; want 4 and as many", d.Index, len(d.Prepared), len(given))
		}
		for i, p := range d.Prepared {
			if want := strconv.Itoa(i + 1); given[i] != want {
				t.Errorf("round %d: %s was prepared as number %d under handle %q, want %q", d.Index, p.Variant, i+1, given[i], want)
			}
			if places[given[i]] == nil {
				places[given[i]] = map[string]bool{}
			}
			places[given[i]][p.Variant] = true
		}
		given = given[4:]
	}
	// Of 4 variants in 5 drawn orders, one has a place alone with chance 4^-4;
	// the seed is fixed, so that this holds always or never.
	for handle, variants := range places {
		if len(variants) < 2 {
			t.Errorf("handle %q was that of %v in every round", handle, slices.Collect(maps.Keys(variants)))
		}
	}
}

// lockedBuffer takes log lines of several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// handles of all preparations, in the order of the log.
func (l *lockedBuffer) handles(t *testing.T) []string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for line := range bytes.Lines(l.b.Bytes()) {
		var entry struct {
			Message string `json:"@message"`
			Handle  string `json:"configuration"`
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Fatalf("log line %s: %v", line, err)
		}
		if entry.Message == "preparing" {
			out = append(out, entry.Handle)
		}
	}
	return out
}
