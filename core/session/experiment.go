package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// experiment measures one experiment, or what the journal does not have of it,
// and writes its document.
func (s *Session) experiment(ctx context.Context, all []*config.Experiment, i int, before []*record.Result) (*record.Result, error) {
	e := all[i]
	r, err := s.open(ctx, e, i+1, len(all))
	if err != nil {
		return nil, fmt.Errorf("experiment %q: %w", e.Name, err)
	}
	if s.ledger.Written(e.Name) {
		return r.doc, r.doc.Summarize()
	}
	run, err := wanted(e, before)
	if err != nil {
		return nil, fmt.Errorf("experiment %q: %w", e.Name, err)
	}
	if !run {
		err = r.skip(ctx)
	} else {
		if err = s.share(r, all[i:]); err == nil {
			err = r.run(ctx)
		}
	}
	if err != nil { // what was measured is judged and written all the same
		r.stopAll(ctx)
		err = join(err, r.conclude(ctx))
	}
	return r.doc, join(err, s.write(ctx, e, r.doc))
}

// join adds an error, unless it is there already: a journal whose write failed
// gives the same error to everyone.
func join(err, more error) error {
	if more == nil || errors.Is(err, more) {
		return err
	}
	return errors.Join(err, more)
}

// open begins an experiment, or finds it in the journal.
func (s *Session) open(ctx context.Context, e *config.Experiment, number, of int) (*runner, error) {
	programs, err := programsOf(e, s.Programs)
	if err != nil {
		return nil, err
	}
	r := &runner{s: s, config: e, programs: programs, doc: s.ledger.Find(e.Name)}
	files := s.filesOf(r.doc)
	if r.plan, err = planOf(e, programs, files); err != nil {
		return nil, err
	}
	r.plan.probes = s.Probe != nil
	if r.doc != nil {
		return r, nil
	}
	doc, err := s.newResult(ctx, e, programs, files)
	if err != nil {
		return nil, err
	}
	if doc.Stored, err = stored(e, doc, r.plan); err != nil {
		return nil, err
	}
	ev, err := s.append(e.Name, record.ExperimentEvent{Result: *doc, Number: number, Of: of})
	if err != nil {
		return nil, err
	}
	if err := s.ledger.Apply(ev); err != nil {
		return nil, err
	}
	r.doc = s.ledger.Find(e.Name)
	s.Report(ev, r.doc)
	return r, nil
}
