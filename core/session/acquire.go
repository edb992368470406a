package session

import (
	"context"
	"errors"
	"time"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/record"
)

// orphanLook is how often orphans are looked for while the machine is locked: one
// of a session that is killed meanwhile may hold the lock.
const orphanLook = time.Second

// acquire makes the machine this session's: it ends what sessions that were killed
// have left running, and waits for the machine lock.
func (s *Session) acquire(ctx context.Context) error {
	ended := proctree.EndOrphans()
	waiting, stop := context.WithCancel(ctx)
	looked := make(chan []proctree.Orphan)
	crash.Go(func() {
		var found []proctree.Orphan
		for {
			select {
			case <-waiting.Done():
				looked <- found
				return
			case <-time.After(orphanLook):
				found = append(found, proctree.EndOrphans()...)
			}
		}
	})
	var untold error
	lock, err := machine.Acquire(ctx, s.LockPath, "session "+s.ledger.Session.ID, func(holder string) {
		untold = s.tell(record.WaitingEvent{Holder: holder})
	})
	stop()
	ended = append(ended, <-looked...)
	if err != nil {
		return errors.Join(untold, err)
	}
	s.lock = lock
	ended = append(ended, proctree.EndOrphans()...) // whose host had the lock until now
	if err = errors.Join(untold, s.tellOrphans(ended)); err != nil {
		_ = lock.Release()
	}
	return err
}

func (s *Session) tellOrphans(ended []proctree.Orphan) error {
	if len(ended) == 0 {
		return nil
	}
	e := record.OrphansEvent{Processes: []record.Orphan{}}
	for _, o := range ended {
		e.Processes = append(e.Processes, record.Orphan{PID: o.PID, Name: o.Name})
	}
	return s.tell(e)
}
