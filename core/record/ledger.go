package record

import "fmt"

// Ledger is what a journal says: the session and the document of every
// experiment that it began, in order. A running session, one that goes on, recover
// and explain all fold a journal with it.
type Ledger struct {
	Session Session
	Results []*Result
	Last    Event
	// By experiment: what it was concluded with, and its document as it was written.
	// Of an experiment that went on after that, there is neither.
	Concluded map[string]ConcludedEvent
	Documents map[string]ResultEvent
	// Ended hears of a round that has ended. Nil: its samples, which stand in the
	// journal, are let go, so that memory does not grow with them.
	Ended func(r *Result, c *Case, number int) error

	byName map[string]*Result
}

// NewLedger is that of an empty journal.
func NewLedger() *Ledger {
	return &Ledger{Concluded: map[string]ConcludedEvent{}, Documents: map[string]ResultEvent{}, byName: map[string]*Result{}}
}

// Written says that the document of an experiment was written, and that nothing is
// left to measure of it.
func (l *Ledger) Written(experiment string) bool {
	d, ok := l.Documents[experiment]
	return ok && d.Status != Partial
}

// Find gives the document of an experiment, nil if it was not begun.
func (l *Ledger) Find(experiment string) *Result { return l.byName[experiment] }

// Apply adds one event.
func (l *Ledger) Apply(e Event) error {
	l.Last = e
	switch d := e.Data.(type) {
	case SessionEvent:
		l.Session = d.Session
		return nil
	case WaitingEvent, OrphansEvent, BusyEvent, SessionEndEvent:
		return nil
	case ResumedEvent:
		l.Session.Resumptions = append(l.Session.Resumptions, d.Resumption)
		for _, r := range l.Results {
			name := r.Experiment.Name
			if l.Written(name) {
				continue
			}
			delete(l.Concluded, name)
			delete(l.Documents, name)
			if err := r.Apply(e); err != nil {
				return err
			}
		}
		return nil
	case ExperimentEvent:
		if d.SchemaVersion < oldestSchema || d.SchemaVersion > SchemaVersion {
			return fmt.Errorf("journal event %d: not the beginning of a document of schema version %d to %d: another assay wrote it", e.Seq, oldestSchema, SchemaVersion)
		}
		l.add(e.Experiment, &Result{})
	case ConcludedEvent:
		l.Concluded[e.Experiment] = d
	case ResultEvent:
		l.Documents[e.Experiment] = d
	}
	r := l.byName[e.Experiment]
	if r == nil {
		return fmt.Errorf("journal event %d: %s of the experiment %q, which was not begun", e.Seq, e.Kind(), e.Experiment)
	}
	if err := r.Apply(e); err != nil {
		return fmt.Errorf("journal event %d: %w", e.Seq, err)
	}
	if d, ok := e.Data.(RoundEndEvent); ok {
		return l.ended(r, r.Case(d.Case), d.Round)
	}
	return nil
}

func (l *Ledger) ended(r *Result, c *Case, number int) error {
	if l.Ended != nil {
		return l.Ended(r, c, number)
	}
	return c.letGo(number)
}

func (l *Ledger) add(experiment string, r *Result) {
	l.Results = append(l.Results, r)
	l.byName[experiment] = r
}
