package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// A session whose journal goes away ends with the next event, and its document has
// what was measured: all of it while the file is still open, and of a file that was
// cut what is left.
func TestAJournalThatGoesAwayEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		do      func(path string) error
		want    string
		counted int  // rounds of the two that had ended
		late    bool // it may be found a second later, since nothing is lost meanwhile
	}{
		"deleted":     {os.Remove, "it was deleted or moved", 2, false},
		"its folder":  {func(path string) error { return os.RemoveAll(filepath.Dir(path)) }, "it was deleted or moved", 2, false},
		"moved":       {func(path string) error { return os.Rename(path, path+".old") }, "it was deleted or moved", 2, true},
		"replaced":    {func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o644)) }, "another file was put in its place", 2, false},
		"emptied":     {func(path string) error { return os.Truncate(path, 0) }, "something else wrote to it or cut it, it has 0 bytes", 0, false},
		"overwritten": {overwrite, "something else wrote to it or cut it", 0, false},
		"cut in half": {func(path string) error { return cutIn(path, `"kind":"round_end"`) }, "something else wrote to it or cut it", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder, after := t.TempDir(), 0
			var s *Session
			s, err := Open(context.Background(), Options{
				Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
				LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet, Report: func(e record.Event, _ *record.Result) {
					switch d := e.Data.(type) {
					case record.RoundBeginEvent:
						if d.Round.Index == 3 {
							if err := c.do(s.Journal()); err != nil {
								t.Error(err)
							}
							after = 1
						}
					case record.ResultEvent:
					default:
						if after > 0 {
							after++
						}
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			e := experimentOf("gone", variant(t, "base", true, nil), variant(t, "a", false, nil))
			e.Measure.Rounds, e.Measure.MaxRounds = 5, 5
			_, err = s.Run(context.Background(), []*config.Experiment{e})
			if err == nil || strings.Count(err.Error(), c.want) != 1 {
				t.Errorf("error %v, want one that says once %q", err, c.want)
			}
			if after != 1 && !c.late {
				t.Errorf("%d events followed", after-1)
			}
			fitsSchema(t, filepath.Join(folder, "gone.json"))
			r, err := record.ReadResult(filepath.Join(folder, "gone.json"))
			if err != nil {
				t.Fatal(err)
			}
			if n := record.Counted(r.Cases[0].Rounds); n != c.counted || r.Status != record.Partial {
				t.Errorf("%d rounds count, status %s; want %d and partial", n, r.Status, c.counted)
			}
			if rep, err := rejudge.Check(r); err != nil || !rep.Follows {
				t.Errorf("it does not follow from its samples: %v %+v", err, rep)
			}
		})
	}
}

// overwrite puts something else into the file itself.
func overwrite(path string) error { return os.WriteFile(path, []byte("mine\n"), 0o644) }

// cutIn cuts a file behind the first line that holds a text.
func cutIn(path, text string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, _, _ := strings.Cut(string(b), text)
	return os.Truncate(path, int64(len(before)))
}
