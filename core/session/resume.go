package session

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

// Resume goes on with the session of a journal. Run then measures what is
// missing, if the machine and everything that was configured are as they were.
func Resume(ctx context.Context, journal string, o Options) (*Session, error) {
	s := prepared(ctx, o)
	s.resuming = true
	j, err := record.OpenJournal(journal, s.ledger.Apply)
	if err != nil {
		return nil, err
	}
	s.journal = j
	if s.ledger.Session.ID == "" {
		return nil, errors.Join(fmt.Errorf("journal %s: it does not begin a session", journal), j.Close())
	}
	s.Seed = s.ledger.Session.Seed
	return s, nil
}

// Missing says whether an experiment is not measured to its end.
func (s *Session) Missing(e *config.Experiment) bool { return !s.ledger.Written(e.Name) }

// resume holds the machine and the experiments against what the journal says of
// them, and then says in the journal that the session goes on.
func (s *Session) resume(ctx context.Context, experiments []*config.Experiment) error {
	if err := s.unchanged(ctx, experiments); err != nil {
		return err
	}
	return s.tell(record.ResumedEvent{Resumption: record.Resumption{
		Time: s.Clock.Now().UTC(), Command: append([]string{}, s.Command...),
	}})
}

// unchanged says what differs from the session's beginning, if anything does:
// rounds from two set-ups must not be joined.
func (s *Session) unchanged(ctx context.Context, experiments []*config.Experiment) error {
	named := map[string]*config.Experiment{}
	for _, e := range experiments {
		named[e.Name] = e
	}
	var differ []string
	for _, doc := range s.ledger.Results {
		name := doc.Experiment.Name
		if s.ledger.Written(name) {
			continue
		}
		e := named[name]
		if e == nil {
			differ = append(differ, fmt.Sprintf("experiment %q: it is not in the configuration any more", name))
			continue
		}
		found, err := s.differences(ctx, e, doc)
		if err != nil {
			return fmt.Errorf("experiment %q: %w", name, err)
		}
		for _, d := range found {
			differ = append(differ, fmt.Sprintf("experiment %q: %s", name, d))
		}
	}
	if len(differ) == 0 {
		return nil
	}
	const shown = 8
	if n := len(differ) - shown; n > 0 {
		differ = append(differ[:shown], fmt.Sprintf("and %d more", n))
	}
	id := s.ledger.Session.ID
	return &Changed{Session: id, Folder: filepath.Join(s.Folder, "results", "runs", id), Differences: differ}
}

// Changed is a session that cannot go on, because something is not as it was.
type Changed struct {
	Session     string
	Folder      string // of its journal
	Differences []string
}

func (e *Changed) Error() string {
	return fmt.Sprintf("session %s cannot go on, because rounds of different set-ups must not be joined:\n  %s\nPut it back, or measure anew with `assay run`; `assay recover %s` makes documents of what was measured",
		e.Session, strings.Join(e.Differences, "\n  "), e.Folder)
}

// head is what must be the same before and after.
type head struct {
	Experiment record.Experiment `json:"experiment"`
	Programs   []record.Program  `json:"programs"`
	Host       record.Host       `json:"host"`
	Assay      record.Binary     `json:"assay"`
	Cases      []headCase        `json:"cases"`
}

type headCase struct {
	ID       string        `json:"id"`
	Variants []headVariant `json:"variants"`
}

type headVariant struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Digest  string `json:"config_digest"`
	Program int    `json:"program"`
}

func (s *Session) differences(ctx context.Context, e *config.Experiment, doc *record.Result) ([]string, error) {
	if len(doc.Programs) == 0 {
		return []string{"an earlier version of assay began it"}, nil
	}
	programs, err := programsOf(e, s.Programs)
	if err != nil {
		return nil, err
	}
	files := s.filesOf(doc)
	plan, err := planOf(e, programs, files)
	if err != nil {
		return nil, err
	}
	now, err := s.newResult(ctx, e, programs, files)
	if err != nil {
		return nil, err
	}
	for i, c := range plan.cases {
		if i < len(doc.Cases) {
			now.Cases = append(now.Cases, record.Case{ID: c.Case, Variants: c.Variants})
		}
	}
	found, err := rejudge.Differences(headOf(doc), headOf(now))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range found {
		out = append(out, fmt.Sprintf("%s was %s and is %s", strings.TrimPrefix(d.Path, "/"), d.Stored, d.Want))
	}
	return append(out, s.changes(doc, nil)...), nil
}

func headOf(r *record.Result) head {
	h := head{Experiment: r.Experiment, Programs: r.Programs, Host: r.Metadata.Host, Assay: r.Metadata.Assay}
	h.Experiment.Source, h.Experiment.Description = "", "" // comments and words change nothing
	for i := range r.Cases {
		c := headCase{ID: r.Cases[i].ID}
		for _, v := range r.Cases[i].Variants {
			if v.Role != record.RoleProposed {
				c.Variants = append(c.Variants, headVariant{v.Name, v.Role, v.ConfigDigest, v.Program})
			}
		}
		h.Cases = append(h.Cases, c)
	}
	return h
}

// sameDevice holds a device that was just opened in a resumed session against the
// one on which the program was measured before. In a session that goes on without
// a break another device is a defect of the plugin.
func sameDevice(d *record.Result, program int, now record.Device) error {
	if len(d.Session.Resumptions) == 0 {
		return nil
	}
	for i := range d.Cases {
		for k := 1; k <= d.Cases[i].Begun(); k++ {
			for _, p := range d.Cases[i].Round(k).Processes {
				was := p.Device
				if p.Program != program || was.Kind == now.Kind && was.Index == now.Index && was.Name == now.Name && was.Driver == now.Driver && was.OSBuild == now.OSBuild {
					continue
				}
				return &OtherSetup{fmt.Sprintf("the device was %s %s (driver %s, system %s) and is %s %s (driver %s, system %s)",
					was.Kind, was.Name, was.Driver, was.OSBuild, now.Kind, now.Name, now.Driver, now.OSBuild)}
			}
		}
	}
	return nil
}

// OtherSetup ends a session: its rounds would be of two devices, or of two
// programs.
type OtherSetup struct{ text string }

func (e *OtherSetup) Error() string { return e.text }
