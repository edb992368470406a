package record

import (
	"errors"
	"fmt"
	"io"
	"iter"
)

// source gives rounds the samples back that they let go: it reads them out of the
// journal, in the order in which a document has them.
type source struct {
	next func() (Event, error, bool)
	stop func()
	held *Event // read and not given yet
}

// newSource reads the samples of an experiment. Damaged lines are left out, as they
// were when the document was folded.
func newSource(journal *io.SectionReader, experiment string) *source {
	events := func(yield func(Event, error) bool) {
		w := walk{
			path: "journal", only: []byte(`"kind":"sample"`), hurt: func(Damage) error { return nil },
			hear: func(e Event) error {
				if e.Experiment == experiment && !yield(e, nil) {
					return errStopped
				}
				return nil
			},
		}
		if err := w.run(io.NewSectionReader(journal, 0, journal.Size())); err != nil && !errors.Is(err, errStopped) {
			yield(Event{}, err)
		}
	}
	s := &source{}
	s.next, s.stop = iter.Pull2(iter.Seq2[Event, error](events))
	return s
}

var errStopped = errors.New("no more samples are wanted")

// LostSamples is a round whose samples the journal does not have any more.
type LostSamples struct {
	Case  string
	Round int // its number
}

func (e *LostSamples) Error() string {
	return fmt.Sprintf("the journal does not have the samples of round %d of case %s any more", e.Round, e.Case)
}

// fill gives a round that let its samples go a copy of itself with them. Its error
// is a *LostSamples where they are not what they were.
func (s *source) fill(c *Case, number int) (*Round, error) {
	x := c.Round(number)
	found, err := s.samples(c.ID, number)
	if err != nil || x.Figures == nil {
		return x, err
	}
	out := *x
	out.Visits = append([]Visit{}, x.Visits...)
	for i := range out.Visits {
		v := &out.Visits[i]
		if have := found[v.Index]; have != nil {
			v.Samples = *have
		}
		got, err := v.Samples.sum()
		if err != nil {
			return nil, err
		}
		if v.Figures != nil && got != v.Figures.sum {
			return nil, &LostSamples{c.ID, number}
		}
	}
	return &out, nil
}

// samples are those of a round, by the index of their visit.
func (s *source) samples(caseID string, number int) (map[int]*Samples, error) {
	out := map[int]*Samples{}
	for {
		if s.held == nil {
			e, err, ok := s.next()
			if err != nil || !ok {
				return out, err
			}
			s.held = &e
		}
		d := s.held.Data.(SampleEvent)
		if d.Case != caseID || d.Round != number {
			return out, nil
		}
		if out[d.Visit] == nil {
			out[d.Visit] = &Samples{}
		}
		out[d.Visit].Add(d.Sample)
		s.held = nil
	}
}

// unreduced is a round with the samples that it has.
func (d *Round) unreduced() Round {
	out := *d
	out.Figures = nil
	for i := range out.Visits {
		out.Visits[i].Figures = nil
	}
	return out
}

// Forget takes what the journal does not have any more out of a document: a round
// without its samples does not count.
func (r *Result) Forget(journal *io.SectionReader) error {
	from := newSource(journal, r.Experiment.Name)
	defer from.stop()
	for i := range r.Cases {
		c := &r.Cases[i]
		for n := 1; n <= c.Begun(); n++ {
			x, err := from.fill(c, n)
			var lost *LostSamples
			switch {
			case errors.As(err, &lost):
				r.Diagnostics = append(r.Diagnostics, fmt.Sprintf("case %s, round %d: its samples were cut out of the journal, so that it does not count", c.ID, n))
				x = c.Round(n)
				x.Counted = false
			case err != nil:
				return err
			}
			if x.Figures == nil {
				continue
			}
			*c.Round(n) = x.unreduced()
			if err := c.letGo(n); err != nil { // digests go on from round to round
				return err
			}
		}
	}
	r.Selections = nil // what they rest on is gone
	return r.Summarize()
}
