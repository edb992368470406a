package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/record"
)

// Session is one `assay run` on one machine, and every `assay resume` of it.
type Session struct {
	Options
	journal *record.Journal
	ledger  *record.Ledger // what the journal says
	facts   facts
	files   *machine.Files
	lock    *machine.Lock // while it measures

	resuming bool
	began    time.Time // measuring, now that the machine is this session's
}

// facts do not change while a session runs.
type facts struct {
	host      record.Host
	self      record.Binary
	gitSHA    *string
	gitDirty  *bool
	gitReason string
	mlx       *string
	mlxReason string
}

func prepared(ctx context.Context, o Options) *Session {
	o.defaults()
	o.From.Paths, o.From.VarFiles, o.From.Only = append([]string{}, o.From.Paths...), append([]string{}, o.From.VarFiles...), append([]string{}, o.From.Only...)
	if o.From.Vars == nil {
		o.From.Vars = map[string]string{}
	}
	s := &Session{Options: o, ledger: record.NewLedger(), files: machine.NewFiles()}
	f := &s.facts
	f.host, f.self = machine.Facts(ctx), machine.Self(s.Version)
	f.mlx, f.mlxReason = machine.MLXVersion(ctx)
	return s
}

// Open starts a session: its journal, and the facts that do not change while it runs.
func Open(ctx context.Context, o Options) (*Session, error) {
	s := prepared(ctx, o)
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	if s.Seed == 0 {
		// 53 bits, so that readers whose numbers are doubles read the same seed.
		s.Seed = binary.LittleEndian.Uint64(random[:])>>11 | 1
	}
	started := s.Clock.Now().UTC()
	id := started.Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:3])
	err := s.inside(filepath.Join(s.Folder, "results", "runs", id))
	if err != nil {
		return nil, err
	}
	if s.journal, err = record.CreateJournal(filepath.Join(s.Folder, "results", "runs", id)); err != nil {
		return nil, &record.WriteError{Err: err}
	}
	return s, s.tell(record.SessionEvent{Session: record.Session{
		ID: id, Started: started, Command: append([]string{}, s.Command...), Seed: s.Seed, Journal: s.journal.Path(), Source: s.From,
	}})
}

// Close ends the session's journal.
func (s *Session) Close() error { return s.journal.Close() }

// Journal is the path of the session's journal.
func (s *Session) Journal() string { return s.journal.Path() }

// Journaling is how long events took to reach the disk, in all.
func (s *Session) Journaling() time.Duration { return s.journal.Took() }

// append journals data of an experiment, or of the session where that is empty.
func (s *Session) append(experiment string, data record.Data) (record.Event, error) {
	return s.journal.Append(record.Event{Time: s.Clock.Now().UTC(), Experiment: experiment, Data: data})
}

// tell journals data of the session and folds it.
func (s *Session) tell(data record.Data) error {
	e, err := s.append("", data)
	if err != nil {
		return err
	}
	if err := s.ledger.Apply(e); err != nil {
		return err
	}
	s.Report(e, nil)
	return nil
}

// Run measures the experiments in order, as far as the journal does not say that
// they are measured, and returns one result for each, written to its file. It
// holds the machine lock meanwhile. An experiment that fails costs the others
// nothing; an error is for what ends the session: a full disk, a cancelled
// context.
func (s *Session) Run(ctx context.Context, experiments []*config.Experiment) (_ []*record.Result, err error) {
	if err := s.writable(experiments); err != nil {
		return nil, err
	}
	f := &s.facts
	f.gitSHA, f.gitDirty, f.gitReason = machine.Git(ctx, cmp.Or(s.Source, s.Folder), s.own(experiments)...)
	if s.resuming {
		if err := s.resume(ctx, experiments); err != nil {
			return nil, err
		}
	}
	waited := s.Clock.Now()
	if err := s.acquire(ctx); err != nil {
		return nil, err
	}
	defer s.lock.Release()
	lockWait := s.Clock.Now().Sub(waited)
	s.began = s.Clock.Now()
	if err := s.busy(ctx); err != nil {
		return nil, err
	}

	var results []*record.Result
	defer func() { err = join(err, s.end(results)) }()
	for i := range experiments {
		r, err := s.experiment(ctx, experiments, i, results)
		if r != nil {
			r.Session.Overhead.LockWait, lockWait = lockWait.Nanoseconds(), 0
			results = append(results, r)
		}
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// end tells how the session ended.
func (s *Session) end(results []*record.Result) error {
	e := record.SessionEndEvent{Journal: s.journal.Path(), Results: []record.ResultSketch{}}
	for _, r := range results {
		e.Results = append(e.Results, record.ResultSketch{Experiment: r.Experiment.Name, Status: r.Status, Verdict: r.Verdict})
	}
	return s.tell(e)
}
