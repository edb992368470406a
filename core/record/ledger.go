package record

import "fmt"

// Ledger is what a journal says: the session and the document of every
// experiment that it began, in order.
type Ledger struct {
	Session Session
	Results []*Result
	Written map[string]bool // experiments whose document was written, and is complete
	Last    Event
	byName  map[string]*Result
}

// NewLedger is that of an empty journal.
func NewLedger() *Ledger {
	return &Ledger{Written: map[string]bool{}, byName: map[string]*Result{}}
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
			if l.Written[r.Experiment.Name] {
				continue
			}
			if err := r.Apply(e); err != nil {
				return err
			}
		}
		return nil
	case ExperimentEvent:
		if d.SchemaVersion < oldestSchema || d.SchemaVersion > SchemaVersion {
			return fmt.Errorf("journal event %d: not the beginning of a document of schema version %d to %d: another assay wrote it", e.Seq, oldestSchema, SchemaVersion)
		}
		r := &Result{}
		l.Results = append(l.Results, r)
		l.byName[e.Experiment] = r
	case ResultEvent:
		// An interrupted experiment writes its document too, and may go on.
		l.Written[e.Experiment] = d.Status != Partial
	}
	r := l.byName[e.Experiment]
	if r == nil {
		return fmt.Errorf("journal event %d: %s of the experiment %q, which was not begun", e.Seq, e.Kind(), e.Experiment)
	}
	if err := r.Apply(e); err != nil {
		return fmt.Errorf("journal event %d: %w", e.Seq, err)
	}
	return nil
}

// Fold makes the ledger of a journal's events.
func Fold(events []Event) (*Ledger, error) {
	l := NewLedger()
	for _, e := range events {
		if err := l.Apply(e); err != nil {
			return nil, err
		}
	}
	return l, nil
}
