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

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// Options of a session.
type Options struct {
	Plugins  func(name string) (*Plugin, error) // by the name that experiments use
	Folder   string                             // where results go that have relative paths
	Source   string                             // folder of the configuration, whose commit results name; empty: Folder
	Command  []string
	Version  string // of assay
	Seed     uint64 // 0: drawn
	LockPath string // of the machine lock
	// CopyRate measures a device kind's copy bandwidth, bytes read plus bytes
	// written per second; asked once per kind, under the lock. Nil: not known.
	CopyRate func(ctx context.Context, kind string) (float64, error)
	// Probe asks in a process of its own whether a device kind still works. Nil:
	// nobody asks.
	Probe  func(ctx context.Context, kind string) error
	Logger hclog.Logger
	// Observe starts watching the machine while the plugin process measures;
	// what it returns ends that. Nil: a machine.Observer's.
	Observe func(pid int) (stop func() record.Observation)
	Report  func(Event) // must be quick; never called from two goroutines at once
}

// Plugin is an installed plugin, checked and described.
type Plugin struct {
	Name, Version string
	Path, SHA256  string
	Describe      *pluginv1.DescribeResponse
}

// Session is one `assay run` on one machine.
type Session struct {
	Options
	id      string
	started time.Time
	journal *record.Journal
	facts   facts
	rates   map[string]float64 // copy bandwidth by device kind
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

// Open starts a session: its journal, and the facts that do not change while it runs.
func Open(ctx context.Context, o Options) (*Session, error) {
	if o.Observe == nil {
		observer := machine.NewObserver()
		o.Observe = func(pid int) func() record.Observation { return observer.Observe(pid).Stop }
	}
	s := &Session{Options: o, started: time.Now().UTC(), rates: map[string]float64{}}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	if s.Seed == 0 {
		// 53 bits, so that readers whose numbers are doubles read the same seed.
		s.Seed = binary.LittleEndian.Uint64(random[:])>>11 | 1
	}
	s.id = s.started.Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:3])
	var err error
	if s.journal, err = record.CreateJournal(filepath.Join(s.Folder, "results", "runs", s.id)); err != nil {
		return nil, err
	}
	f := &s.facts
	f.host, f.self = machine.Facts(ctx), machine.Self(s.Version)
	f.gitSHA, f.gitDirty, f.gitReason = machine.Git(ctx, cmp.Or(s.Source, s.Folder))
	f.mlx, f.mlxReason = machine.MLXVersion(ctx)
	return s, s.journal.Append("", record.KindSession, s.document())
}

// Close ends the session's journal.
func (s *Session) Close() error { return s.journal.Close() }

// Journal is the path of the session's journal.
func (s *Session) Journal() string { return s.journal.Path() }

// Run measures the experiments in order and returns one result for each,
// written to its file. It holds the machine lock meanwhile. An experiment that
// fails costs the others nothing; an error is for what ends the session: a
// full disk, a cancelled context.
func (s *Session) Run(ctx context.Context, experiments []*config.Experiment) ([]*record.Result, error) {
	if err := s.writable(experiments); err != nil {
		return nil, err
	}
	waited := time.Now()
	lock, err := machine.Acquire(ctx, s.LockPath, "session "+s.id, func(holder string) {
		s.Report(Event{Kind: Waiting, Text: holder})
	})
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	lockWait := time.Since(waited)

	var results []*record.Result
	for i, e := range experiments {
		s.Report(Event{Kind: ExperimentBegins, Experiment: e.Name, Text: e.Description, Done: i, Total: len(experiments)})
		r, err := s.runExperiment(ctx, e, results)
		if r != nil {
			r.Session.Overhead.LockWait, lockWait = lockWait.Nanoseconds(), 0
			results = append(results, r)
			if !s.superfluous(ctx, e, r) {
				if werr := s.write(s.path(e.Output.Path), s.path(e.Output.Append), r); werr != nil && err == nil {
					err = werr
				}
			}
			s.Report(Event{Kind: ExperimentEnds, Experiment: e.Name, Result: r})
		}
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// copyRate asks for the yardstick of a kind once. A device that cannot be
// asked has none, and the experiment will say why.
func (s *Session) copyRate(ctx context.Context, kind string) float64 {
	if rate, ok := s.rates[kind]; ok || s.CopyRate == nil {
		return rate
	}
	rate, err := s.CopyRate(ctx, kind)
	if err != nil {
		s.Logger.Debug("copy bandwidth", "device", kind, "error", err)
	}
	s.rates[kind] = rate
	return rate
}

func (s *Session) document() record.Session {
	return record.Session{ID: s.id, Started: s.started, Command: append([]string{}, s.Command...), Seed: s.Seed, Journal: s.journal.Path()}
}
