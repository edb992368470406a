package record

import "fmt"

// Recover makes the documents that a session did not live to write, in the
// order the experiments began: of those that the journal opens and gives no
// result for. They are partial, or as bad as the worst of their cases. Verdicts
// are judged from the counted rounds; asserts and selections, which only the
// configuration can evaluate, are left out.
func Recover(events []Event) ([]*Result, error) {
	l, err := Fold(events)
	if err != nil {
		return nil, err
	}
	written := map[string]bool{}
	for _, e := range events {
		switch e.Data.(type) {
		case ResultEvent:
			written[e.Experiment] = true
		case ResumedEvent: // what was cut short was opened again
			for name := range written {
				written[name] = l.Written[name]
			}
		}
	}
	var out []*Result
	for _, r := range l.Results {
		if written[r.Experiment.Name] {
			continue
		}
		if err := r.finishRecovered(); err != nil {
			return nil, fmt.Errorf("experiment %q: %w", r.Experiment.Name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func (r *Result) finishRecovered() error {
	r.Status = r.WorstStatus(Partial)
	r.Diagnostics = append(r.Diagnostics, "recovered from the journal: the session ended before it wrote this document; asserts and selections were not evaluated")
	for i := range r.Cases {
		for _, d := range r.Cases[i].everyRound() {
			r.Metadata.After = d.After
		}
	}
	if err := r.Summarize(); err != nil {
		return err
	}
	r.FillMetadata() // verdicts ask for it
	return r.Summarize()
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
