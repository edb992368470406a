package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/record"
)

// path is relative to the session's folder; an empty one stays empty.
func (s *Session) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.Folder, p)
}

// superfluous says that an experiment which was interrupted, or had no budget,
// measured nothing, and that an earlier session's document, which is worth more, is
// in its place.
func (s *Session) superfluous(ctx context.Context, e *config.Experiment, r *record.Result) bool {
	if ctx.Err() == nil && !r.OutOfBudget() || r.Measured() {
		return false
	}
	_, err := os.Stat(s.path(e.Output.Path))
	return err == nil
}

// kept is where the document of this session is kept; the path that the
// experiment says leads to the latest.
func (s *Session) kept(path string) string {
	return filepath.Join(strings.TrimSuffix(path, filepath.Ext(path)), s.ledger.Session.ID+".json")
}

// own lists what the session writes for the experiments, and the pages of it.
func (s *Session) own(experiments []*config.Experiment) []string {
	out := []string{filepath.Dir(filepath.Dir(s.journal.Path()))}
	for _, e := range experiments {
		path := s.path(e.Output.Path)
		out = append(out, path, filepath.Dir(s.kept(path)), record.PageOf(path), filepath.Join(filepath.Dir(path), "index.html"))
		if to := s.path(e.Output.Append); to != "" {
			out = append(out, to, to+".lock")
		}
	}
	return out
}

// stay says whether all that is written for an output stays where its path says.
func (s *Session) stay(e *config.Experiment, path string) error {
	written := []string{s.kept(path)}
	if e.Output.Append != "" && path == s.path(e.Output.Append) {
		written = []string{path, path + ".lock"}
	}
	for _, p := range written {
		if err := s.inside(p); err != nil {
			return fmt.Errorf("experiment %q: its result: %w", e.Name, err)
		}
	}
	return nil
}

// inside refuses a path that a link leads out of the session's folder: a folder of
// somebody else could have any file of the user's written otherwise.
func (s *Session) inside(path string) error {
	if s.FollowLinks {
		return nil
	}
	err := atomicfile.Inside(s.Folder, path)
	var link *atomicfile.LinkError
	switch {
	case errors.As(err, &link):
		return fmt.Errorf("%w; --follow-links allows that", err)
	case err != nil:
		return &record.WriteError{Err: fmt.Errorf("%s cannot be written: %w", path, err)}
	}
	return nil
}

// writable makes the folders of all documents, so that a path that cannot be
// written is known before anything is measured.
func (s *Session) writable(experiments []*config.Experiment) error {
	for _, e := range experiments {
		for _, p := range []string{e.Output.Path, e.Output.Append} {
			if p == "" {
				continue
			}
			if err := s.stay(e, s.path(p)); err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(s.path(p)), 0o755); err != nil {
				return &record.WriteError{Err: fmt.Errorf("experiment %q: its result would go to %s: %w", e.Name, s.path(p), err)}
			}
			if err := atomicfile.Check(s.path(p)); err != nil {
				return fmt.Errorf("experiment %q: its result: %w", e.Name, err)
			}
		}
		if e.Output.Append != "" {
			if _, err := record.ReadRows(s.path(e.Output.Append)); err != nil {
				return fmt.Errorf("experiment %q: %w", e.Name, err)
			}
		}
	}
	return nil
}

// write keeps the document, lets the path that the experiment says lead to it, appends its row, and says so
// in the journal. Whoever follows the session hears of the result in any case:
// what cannot be written can still be read there.
func (s *Session) write(ctx context.Context, e *config.Experiment, r *record.Result) error {
	path := s.path(e.Output.Path)
	ev := record.Event{Time: r.Session.Ended, Experiment: e.Name, Data: record.ResultEvent{Path: s.kept(path), Status: r.Status, Verdict: r.Verdict}}
	defer func() { s.Report(ev, r) }()
	if !s.superfluous(ctx, e, r) {
		if err := s.keep(path, r); err != nil {
			return err
		}
		if to := s.path(e.Output.Append); to != "" {
			if err := record.AppendJSON(to, r.Rows()); err != nil {
				return err
			}
		}
	}
	told, err := s.append(e.Name, ev.Data)
	if err != nil {
		return err
	}
	ev = told
	return s.ledger.Apply(ev)
}

// keep writes a document. Where the journal has lost samples, it is a document of
// those that are left.
func (s *Session) keep(path string, r *record.Result) error {
	journal := s.journal.Reader()
	err := record.Keep(path, s.kept(path), r, journal)
	var lost *record.LostSamples
	if errors.As(err, &lost) {
		if err = r.Forget(journal); err == nil {
			err = record.Keep(path, s.kept(path), r, journal)
		}
	}
	if err != nil && lost == nil {
		err = fmt.Errorf("%w; the journal has everything: once it can be written, `assay recover %s` makes the document", err, filepath.Dir(s.Journal()))
	}
	return err
}
