package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/core/report"
	"github.com/assay-bench/assay/core/trend"
)

// trends shows the documents of folders as a history.
func (c *historyCommand) trends(app *App) error {
	var results []*trend.Entry
	faults := []string{}
	fresh := 0
	warn := func(err error) { fmt.Fprintf(app.Err, "assay: warning: %v\n", err) }
	for _, folder := range c.Folders {
		x, err := trend.Read(folder, app.indexOf(folder), report.Verdict, warn)
		if err != nil {
			return err
		}
		results, faults, fresh = append(results, x.Results()...), append(faults, x.Faults()...), fresh+x.Fresh
	}
	for _, why := range faults {
		fmt.Fprintf(app.Err, "assay: warning: left out: %s\n", why)
	}
	results = slices.DeleteFunc(results, func(e *trend.Entry) bool { return len(c.Only) > 0 && !slices.Contains(c.Only, e.Experiment) })
	if len(results) == 0 {
		return fmt.Errorf("%v: no result document that can be read (assay run writes them)", c.Folders)
	}
	slices.SortStableFunc(results, func(a, b *trend.Entry) int { return a.Started.Compare(b.Started) })
	trends, machines := trend.Trends(results), trend.Machines(results)
	if c.JSON {
		return app.printJSON(map[string]any{"documents": len(results), "read": fresh, "left_out": faults, "trends": trends, "machines": machines})
	}
	style := app.style(app.Out)
	fmt.Fprintf(app.Out, "%s, %s read now\n", report.Count(len(results), "result"), report.Count(fresh, "file"))
	report.Trends(app.Out, trends, machines, c.Last, style)
	return nil
}

// indexOf is the index of a folder; empty: there is no place for one.
func (a *App) indexOf(folder string) string {
	base := a.Getenv("XDG_CACHE_HOME")
	if base == "" {
		if base = a.Getenv("HOME"); base == "" {
			return ""
		}
		base = filepath.Join(base, ".cache")
	}
	sum := sha256.Sum256([]byte(absolute(folder)))
	return filepath.Join(base, "assay", "index", hex.EncodeToString(sum[:8])+".jsonl")
}
