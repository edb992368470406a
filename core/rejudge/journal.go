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
	j, err := checkJournal(file, findJournal(file, r), r)
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

func checkJournal(file, path string, r *record.Result) (Journal, error) {
	j := Journal{Path: path, State: JournalMissing, Differences: []Difference{}}
	if path == "" {
		return j, nil
	}
	h := holder{journal: &j, r: r, file: file, ledger: record.NewLedger(), held: map[[2]int]bool{}}
	h.ledger.Ended = h.ended
	torn, err := record.WalkJournal(path, h.ledger.Apply)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err == nil {
		err = h.end()
	}
	if err != nil {
		j.State, j.Damage, j.Differences = JournalDamaged, err.Error(), []Difference{}
		return j, nil
	}
	j.Torn, j.State = torn, JournalAgrees
	if len(j.Differences) > 0 {
		j.State = JournalDiffers
	}
	return j, nil
}

// holder holds a document against a journal while it is read, a round at a time:
// the samples of a journal may be many.
type holder struct {
	journal *Journal
	r       *record.Result
	file    string // of the document
	ledger  *record.Ledger
	held    map[[2]int]bool // case, counted from 0, and number of the round
}

// ended hears of a round that has ended and changes no more: it is compared, and
// its samples are let go.
func (h *holder) ended(r *record.Result, c *record.Case, number int) error {
	if r.Experiment.Name == h.r.Experiment.Name {
		i := slices.IndexFunc(r.Cases, func(o record.Case) bool { return o.ID == c.ID })
		if err := h.round(i, number, c); err != nil {
			return err
		}
	}
	x := c.Round(number)
	for k := range x.Visits {
		x.Visits[k].Samples = record.Samples{}
	}
	return nil
}

// round compares the round of a number, those of races included; nil: the journal
// has no such case.
func (h *holder) round(i, number int, of *record.Case) error {
	h.held[[2]int{i, number}] = true
	var stored, want *record.Round
	var path []string
	if i < len(h.r.Cases) {
		stored, path = h.r.Cases[i].Round(number), roundPath(&h.r.Cases[i], number)
	}
	if of != nil {
		want = of.Round(number)
	}
	if want != nil {
		path = roundPath(of, number)
		for n := range want.Visits {
			h.journal.Samples += want.Visits[n].Samples.Len()
		}
	}
	if stored != nil && stored.Figures != nil { // of a race the samples are kept
		if want != nil && stored.SameSamples(want) {
			stored, want = withoutSamples(stored), withoutSamples(want)
		} else {
			var err error
			if stored, err = record.ReadRound(h.file, i, number-1); err != nil {
				return err
			}
		}
	}
	return h.differ(append([]string{"cases", fmt.Sprint(i)}, path...), stored, want)
}

// roundPath leads from a case to the round of a number.
func roundPath(c *record.Case, number int) []string {
	k := number - 1
	if k < len(c.Rounds) {
		return []string{"rounds", fmt.Sprint(k)}
	}
	k -= len(c.Rounds)
	for i := range c.Races {
		if n := len(c.Races[i].Rounds); k >= n {
			k -= n
			continue
		}
		return []string{"races", fmt.Sprint(i), "rounds", fmt.Sprint(k)}
	}
	return nil
}

func withoutSamples(d *record.Round) *record.Round {
	out := *d
	out.Visits = slices.Clone(d.Visits)
	for i := range out.Visits {
		out.Visits[i].Samples = record.Samples{}
	}
	return &out
}

func (h *holder) differ(prefix []string, stored, want any) error {
	found, err := differences(prefix, stored, want)
	if err != nil {
		return err
	}
	for _, d := range found {
		d.Where = locate(h.r, steps(d.Path))
		h.journal.Differences = append(h.journal.Differences, d)
	}
	return nil
}

// end compares what is no round, and the rounds that did not end or that only
// one side has.
func (h *holder) end() error {
	if h.ledger.Session.ID != h.r.Session.ID {
		return fmt.Errorf("it is the journal of session %s, the document is of session %s", h.ledger.Session.ID, h.r.Session.ID)
	}
	want := h.ledger.Find(h.r.Experiment.Name)
	if want == nil {
		return fmt.Errorf("it says nothing of experiment %q", h.r.Experiment.Name)
	}
	for i := range max(len(want.Cases), len(h.r.Cases)) {
		var of *record.Case
		if i < len(want.Cases) {
			of = &want.Cases[i]
		}
		for number := 1; number <= max(begun(want, i), begun(h.r, i)); number++ {
			if h.held[[2]int{i, number}] {
				continue
			}
			if err := h.round(i, number, of); err != nil {
				return err
			}
		}
	}
	return h.differ(nil, asked(h.r), asked(want))
}

func begun(r *record.Result, i int) int {
	if i >= len(r.Cases) {
		return 0
	}
	return r.Cases[i].Begun()
}

// asked reduces a document to what the journal knows beside the rounds: what was
// asked for, findings and failures.
func asked(r *record.Result) *record.Result {
	out := withoutRounds(&record.Result{Experiment: r.Experiment, Files: r.Files, Cases: r.Cases, Findings: r.PluginFindings(), Failures: r.Failures})
	for i := range out.Cases {
		c := &out.Cases[i]
		c.Status, c.Controls, c.Judgements, c.Asserts = "", nil, nil, nil
		variants := []record.Variant{}
		for _, v := range c.Variants {
			variants = append(variants, record.Variant{Name: v.Name, Role: v.Role, Config: v.Config, ConfigDigest: v.ConfigDigest, Files: v.Files, Why: v.Why})
		}
		c.Variants = variants
	}
	return out
}

// SampleDifferences are those of the journal's that concern samples.
func (j Journal) SampleDifferences() []Difference {
	return slices.DeleteFunc(slices.Clone(j.Differences), func(d Difference) bool {
		return !slices.Contains(steps(d.Path), "samples")
	})
}
