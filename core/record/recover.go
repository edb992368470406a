package record

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// Recovery is what a journal's whole lines make.
type Recovery struct {
	Session   Session
	Documents []*Recovered // in the order in which their experiments began
	Damage    []string     // of the journal, in words

	file    io.Closer
	journal *io.SectionReader
}

// Recovered is the document of one experiment.
type Recovered struct {
	*Result
	Path  string // where its session wrote it; empty: it did not
	Whole bool   // it is as its session concluded it

	journal *io.SectionReader
}

// Recover makes the documents of all experiments that a journal opens, whether or
// not their session wrote them. One that the session concluded is what it wrote.
// Others are partial, or as bad as the worst of their cases: verdicts are judged
// from the counted rounds; selections and the messages of asserts, which only the
// configuration can evaluate, are left out. Damaged lines cost what stood in them:
// a round that lacks lines does not count, and says which of its visits are missing.
func Recover(path string) (*Recovery, error) {
	file, err := atomicfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	out, err := recoverFrom(file, path, false)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	out.file = file
	return out, nil
}

// Close the journal: no document can be written any more.
func (o *Recovery) Close() error { return o.file.Close() }

// sized is a file, or what stands in for one.
type sized interface {
	io.ReaderAt
	io.Seeker
}

// recoverFrom keeps the samples in memory if keep says so.
func recoverFrom(file sized, path string, keep bool) (*Recovery, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	journal := io.NewSectionReader(file, 0, size)
	s := newSalvager(keep)
	w := walk{path: path, hear: s.hear, hurt: s.hurt}
	if err := w.run(io.NewSectionReader(journal, 0, size)); err != nil {
		return nil, err
	}
	if w.seq == 0 && size > 0 {
		return nil, fmt.Errorf("journal %s: no line of it is an event of a session", path)
	}
	out := &Recovery{Session: s.ledger.Session, Damage: s.damage, journal: journal}
	for _, r := range s.ledger.Results {
		name := r.Experiment.Name
		end, concluded := s.ledger.Concluded[name]
		d := &Recovered{Result: r, Path: s.ledger.Documents[name].Path, Whole: concluded && !s.hurtExperiments[name], journal: journal}
		if err := s.finish(d, end); err != nil {
			return nil, fmt.Errorf("experiment %q: %w", name, err)
		}
		out.Documents = append(out.Documents, d)
	}
	return out, nil
}

// Write makes the document's file.
func (d *Recovered) Write(path string) error {
	err := WriteResult(path, d.Result, d.journal)
	if errors.As(err, new(*LostSamples)) {
		if err = d.keepSamples(); err == nil {
			err = WriteResult(path, d.Result, nil)
		}
	}
	return err
}

// keepSamples folds the journal once more: in one that no session wrote, samples may
// stand in an order in which they cannot be streamed into a document.
func (d *Recovered) keepSamples() error {
	all, err := recoverFrom(d.journal, "", true)
	if err != nil {
		return err
	}
	for _, o := range all.Documents {
		if o.Experiment.Name == d.Experiment.Name {
			d.Result = o.Result
		}
	}
	return nil
}

// finish computes what a session computes at the end.
func (s *salvager) finish(d *Recovered, end ConcludedEvent) error {
	r := d.Result
	if !d.Whole {
		r.Status = r.WorstStatus(Partial)
		r.Diagnostics = append(r.Diagnostics, s.notes(r)...)
		for i := range r.Cases {
			for _, x := range r.Cases[i].everyRound() {
				if !x.Ended.IsZero() {
					r.Metadata.After = x.After
				}
			}
		}
	}
	// A case whose first line is lost has no baseline, and cannot be judged.
	all := r.Cases
	r.Cases = slices.DeleteFunc(slices.Clone(all), func(c Case) bool { return c.baseline() == nil })
	err := r.Summarize()
	if err == nil {
		r.FillMetadata() // verdicts ask for it
		err = r.Summarize()
	}
	for i := range all {
		if c := r.Case(all[i].ID); c != nil {
			all[i] = *c
		}
	}
	r.Cases = all
	if err == nil && d.Whole {
		err = r.concluded(end)
	}
	return err
}

// notes say what a document lacks.
func (s *salvager) notes(r *Result) []string {
	name := r.Experiment.Name
	first := "recovered from the journal: the session ended before it wrote this document; asserts and selections were not evaluated"
	if s.hurtExperiments[name] {
		first = "recovered from a journal that is damaged: rounds that lack lines do not count; asserts and selections were not evaluated"
	}
	out := []string{first}
	if s.unopened[name] {
		out = append(out, "the line that opens the experiment is lost: what it asks, its programs and its guardrails are not known, and nothing is judged")
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		if c.baseline() == nil {
			out = append(out, fmt.Sprintf("case %s: the line that opens it is lost: which of its arms is the baseline is not known, and nothing is judged", c.ID))
		}
		for n := 1; n <= c.Begun(); n++ {
			if text := s.missing(r, c, n); text != "" {
				out = append(out, text)
			}
		}
	}
	return out
}

// missing says which visits a round lacks; empty: the journal has all that it had.
func (s *salvager) missing(r *Result, c *Case, number int) string {
	x := c.Round(number)
	lossy := s.lossy[place{r.Experiment.Name, c.ID, number}]
	if !lossy && !x.Ended.IsZero() {
		return ""
	}
	why := "it did not end"
	if lossy {
		why = "lines of it are damaged or missing"
	}
	text := fmt.Sprintf("case %s, round %d: %s, so that it does not count", c.ID, number, why)
	visits, known := r.missingVisits(x)
	visits = append(visits, s.short[place{r.Experiment.Name, c.ID, number}]...)
	switch {
	case !known:
		return text + "; which visits are missing is not known"
	case len(visits) == 0:
		return text + "; no visit is missing"
	}
	return text + "; missing: " + strings.Join(visits, ", ")
}

// missingVisits lists the places of a round's order at which no visit ended. known
// is false of a round whose beginning is lost.
func (r *Result) missingVisits(x *Round) (out []string, known bool) {
	passes := 2 * r.Experiment.Measure.Passes
	for _, phase := range r.Experiment.Measure.Phases {
		for _, arm := range x.Arms {
			var lost []string
			for pass := 1; pass <= passes; pass++ {
				if !slices.ContainsFunc(x.Visits, func(v Visit) bool { return v.Variant == arm && v.Phase == phase && v.Pass == pass }) {
					lost = append(lost, strconv.Itoa(pass))
				}
			}
			switch len(lost) {
			case 0:
			case passes:
				out = append(out, fmt.Sprintf("%s in %s (all passes)", arm, phase))
			default:
				out = append(out, fmt.Sprintf("%s in %s (pass %s)", arm, phase, strings.Join(lost, ", ")))
			}
		}
	}
	return out, len(x.Arms) > 0 && passes > 0
}

// Measured says that a round counts.
func (r *Result) Measured() bool {
	for i := range r.Cases {
		for _, d := range r.Cases[i].Rounds {
			if d.Counted {
				return true
			}
		}
	}
	return false
}

// OutOfBudget says that the budget of its session ended the measuring.
func (r *Result) OutOfBudget() bool { return r.Session.Budget != nil && r.Session.Budget.Spent }
