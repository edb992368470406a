package record

import (
	"encoding/json"
	"fmt"
)

// Recover makes the documents that a session did not live to write, in the
// order the experiments began: of those that the journal opens and gives no
// result for. They are partial, or as bad as the worst of their cases. Verdicts are judged from the counted rounds;
// asserts and selections, which only the configuration can evaluate, are left
// out, and overhead has nothing but the wall time.
func Recover(events []Event) ([]*Result, error) {
	var order []string
	begun, last := map[string]*Result{}, map[string]Event{}
	opened := map[string]Event{}
	for _, ev := range events {
		switch ev.Kind {
		case KindExperiment:
			r := &Result{}
			if err := json.Unmarshal(ev.Data, r); err != nil || r.SchemaVersion != SchemaVersion {
				return nil, fmt.Errorf("journal event %d: not the beginning of a document of schema version %d: another assay wrote it", ev.Seq, SchemaVersion)
			}
			order = append(order, ev.Experiment)
			begun[ev.Experiment], opened[ev.Experiment] = r, ev
		case KindResult:
			delete(begun, ev.Experiment)
		}
		last[ev.Experiment] = ev
	}
	var out []*Result
	for _, name := range order {
		r := begun[name]
		if r == nil {
			continue
		}
		if err := r.Replay(events, name); err != nil {
			return nil, fmt.Errorf("experiment %q: %w", name, err)
		}
		r.Session.Ended = last[name].Time
		r.Session.Overhead.Wall = r.Session.Ended.Sub(opened[name].Time).Nanoseconds()
		if err := r.finishRecovered(); err != nil {
			return nil, fmt.Errorf("experiment %q: %w", name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func (r *Result) finishRecovered() error {
	r.Status = r.WorstStatus(Partial)
	r.Diagnostics = append(r.Diagnostics, "recovered from the journal: the session ended before it wrote this document; asserts and selections were not evaluated")
	for i := range r.Cases {
		for _, d := range r.Cases[i].Rounds {
			if d.Device.Kind != "" {
				r.Metadata.Device = d.Device
			}
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
