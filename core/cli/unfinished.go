package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/record"
)

// unfinished are the sessions of a folder of results that ended before they were
// done, with how to go on: the latest first, back to the last one that was done.
func unfinished(results string) []string {
	runs := filepath.Join(results, "runs")
	entries, err := os.ReadDir(runs)
	if err != nil { // no session was run here
		return nil
	}
	var out []string
	for i := len(entries) - 1; i >= 0; i-- { // names sort by time
		name := entries[i].Name()
		folder := filepath.Join(runs, name)
		ending, err := record.EndingOf(filepath.Join(folder, "journal.jsonl"))
		if err != nil { // no session's folder
			continue
		}
		switch ending {
		case record.Running:
			out = append(out, fmt.Sprintf("session %s is being measured now", name))
		case record.Killed:
			out = append(out, fmt.Sprintf("session %s was killed, or could not write any more, before it had written its documents: %s; `assay recover %s` makes documents of what it has",
				name, goOn(folder), relative(folder)))
		case record.Early:
			out = append(out, fmt.Sprintf("session %s ended early: %s", name, goOn(folder)))
		default:
			return out
		}
	}
	return out
}

// goOn says how a session is resumed, by its name where resume looks for names.
func goOn(folder string) string {
	name := relative(folder)
	if filepath.Dir(name) == runsFolder {
		name = filepath.Base(name)
	}
	return fmt.Sprintf("`assay resume %s` measures what is missing", name)
}
