package rejudge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/core/record"
)

// Journal says what the journal named in a document says of its samples.
type Journal struct {
	Path  string       `json:"path"`
	State JournalState `json:"state"`
	// Samples of the experiment that the journal holds.
	Samples     int          `json:"samples"`
	Torn        bool         `json:"torn"` // its last line was cut off, as a crash leaves it
	Damage      string       `json:"damage,omitempty"`
	Differences []Difference `json:"differences"`
}

// JournalState is how a journal and a document stand to each other.
type JournalState string

// The states.
const (
	JournalAgrees  JournalState = "agrees"
	JournalDiffers JournalState = "differs"
	JournalDamaged JournalState = "damaged" // its own checksums fail
	JournalMissing JournalState = "missing"
)

// CheckJournal holds the document in file against its journal, if that is
// there, and adds what it finds to the report.
func (rep *Report) CheckJournal(file string, r *record.Result) error {
	j, err := checkJournal(findJournal(file, r), r)
	if err != nil {
		return err
	}
	rep.Journal = j
	if j.State == JournalDiffers || j.State == JournalDamaged {
		rep.Follows = false
	}
	return nil
}

// findJournal looks where the document says, then beside the document, as both
// may have been copied from another machine.
func findJournal(file string, r *record.Result) string {
	named := r.Session.Journal
	in := func(folder string) string { return filepath.Join(folder, "runs", r.Session.ID, "journal.jsonl") }
	folder := filepath.Dir(file)
	for _, p := range []string{named, in(folder), in(filepath.Dir(folder))} {
		if _, err := os.Stat(p); p != "" && err == nil {
			return p
		}
	}
	return named
}

func checkJournal(path string, r *record.Result) (Journal, error) {
	j := Journal{Path: path, State: JournalMissing, Differences: []Difference{}}
	if path == "" {
		return j, nil
	}
	events, torn, err := record.ReadJournal(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		j.State, j.Damage = JournalDamaged, err.Error()
		return j, nil
	}
	j.Torn = torn
	want, err := fold(events, r)
	if err != nil {
		j.State, j.Damage = JournalDamaged, err.Error()
		return j, nil
	}
	for i := range want.Cases {
		for _, d := range want.Cases[i].Rounds {
			for _, v := range d.Visits {
				j.Samples += v.Samples.Len()
			}
		}
	}
	stored, journaled, err := measured(r, want)
	if err != nil {
		return j, err
	}
	if j.Differences, err = differences(nil, stored, journaled); err != nil {
		return j, err
	}
	j.State = JournalAgrees
	if len(j.Differences) > 0 {
		j.State = JournalDiffers
	}
	for i := range j.Differences {
		d := &j.Differences[i]
		d.Where = locate(stored, steps(d.Path))
	}
	return j, nil
}

// fold makes the document that the journal holds of the experiment.
func fold(events []record.Event, r *record.Result) (*record.Result, error) {
	l, err := record.Fold(events)
	if err != nil {
		return nil, err
	}
	if l.Session.ID != r.Session.ID {
		return nil, fmt.Errorf("it is the journal of session %s, the document is of session %s", l.Session.ID, r.Session.ID)
	}
	want := l.Find(r.Experiment.Name)
	if want == nil {
		return nil, fmt.Errorf("it says nothing of experiment %q", r.Experiment.Name)
	}
	return want, nil
}

// measured reduces both documents to what the journal knows: what was asked
// for and everything that was observed.
func measured(r, want *record.Result) (stored, journaled *record.Result, err error) {
	reduce := func(r *record.Result) (*record.Result, error) {
		out, err := clone(&record.Result{Experiment: r.Experiment, Files: r.Files, Cases: r.Cases, Findings: r.Findings, Failures: r.Failures})
		if err != nil {
			return nil, err
		}
		for i := range out.Cases {
			c := &out.Cases[i]
			c.Status, c.Controls, c.Judgements, c.Asserts = "", nil, nil, nil
			for k := range c.Variants {
				v := c.Variants[k]
				c.Variants[k] = record.Variant{Name: v.Name, Role: v.Role, Config: v.Config, ConfigDigest: v.ConfigDigest, Files: v.Files, Why: v.Why}
			}
		}
		return out, nil
	}
	if stored, err = reduce(r); err != nil {
		return nil, nil, err
	}
	journaled, err = reduce(want)
	return stored, journaled, err
}

// SampleDifferences are those of the journal's that concern samples.
func (j Journal) SampleDifferences() []Difference {
	return slices.DeleteFunc(slices.Clone(j.Differences), func(d Difference) bool {
		return !slices.Contains(steps(d.Path), "samples")
	})
}
