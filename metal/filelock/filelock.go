// Package filelock locks files between processes, with flock(2): a lock is of an
// open file, also of one that a child has inherited, and the kernel drops it when
// the last of them is closed. Like package regular it knows nothing of devices, and
// whoever locks files may import it.
//
// The main path: [Try] locks a file that is open, [Open] a file by its name, which
// somebody may remove meanwhile; [Wait] tries either again.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Mode says with whom a lock is shared.
type Mode int

// The modes.
const (
	Exclusive Mode = syscall.LOCK_EX // with nobody
	Shared    Mode = syscall.LOCK_SH // with other shared ones
)

// ErrHeld is why a lock is not to be had now.
var ErrHeld = errors.New("somebody else holds the lock")

// Try locks an open file, which closing it unlocks, and does not wait: ErrHeld.
func Try(f *os.File, how Mode) error {
	for {
		err := syscall.Flock(int(f.Fd()), int(how)|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrHeld
		case !errors.Is(err, syscall.EINTR):
			return err
		}
	}
}

// Open locks the file that open opens at path, and opens it again if meanwhile it was
// removed or another one put in its place. With ErrHeld comes the file that somebody
// else holds, to read who that is; with other errors none does.
func Open(path string, how Mode, open func() (*os.File, error)) (*os.File, error) {
	for {
		f, err := open()
		if err != nil {
			return nil, err
		}
		switch err := Try(f, how); {
		case errors.Is(err, ErrHeld):
			return f, err
		case err != nil:
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		locked, err := f.Stat()
		there, err2 := os.Stat(path)
		if err == nil && err2 == nil && os.SameFile(locked, there) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// Unlock gives a lock back for those who have inherited the file as well. It stays
// open.
func Unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// Wait calls try until its error is not ErrHeld, or ctx ends: then the error is both
// ErrHeld and that of ctx. waiting is called once before it waits; it may be nil.
func Wait(ctx context.Context, try func() error, waiting func()) error {
	pause := 2 * time.Millisecond
	for first := true; ; first = false {
		err := try()
		if !errors.Is(err, ErrHeld) {
			return err
		}
		if first && waiting != nil {
			waiting()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrHeld, ctx.Err())
		case <-time.After(pause):
		}
		pause = min(2*pause, 100*time.Millisecond)
	}
}
