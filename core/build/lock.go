package build

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// lock is held on KEY.lock. The kernel drops it when the holder is gone, and a
// build's command with it: the command inherits the file.
type lock struct{ file *os.File }

// Hold keeps a build in the cache: until Close, Clean and a rebuild leave it.
type Hold struct {
	New  bool // it was built just now
	lock *lock
}

// Close gives it back.
func (h *Hold) Close() error {
	if h != nil && h.lock != nil {
		h.lock.release()
		h.lock = nil
	}
	return nil
}

// release unlocks for those who inherited the file as well.
func (l *lock) release() {
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	_ = l.file.Close()
}

var errHeld = errors.New("in use")

// try takes the lock, alone or shared, and does not wait: errHeld. Whoever
// removes a lock file holds it, so a file that is gone is opened anew.
func (e entry) try(how int) (*lock, error) {
	for {
		f, err := os.OpenFile(e.lockPath(), os.O_RDWR|os.O_CREATE, 0o644)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
			f, err = os.Open(e.lockPath()) // what cannot be written can be locked
		}
		if err != nil {
			return nil, err
		}
		for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
			err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		}
		if err != nil {
			_ = f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				err = errHeld
			}
			return nil, err
		}
		mine, err := f.Stat()
		there, serr := os.Stat(e.lockPath())
		if err == nil && serr == nil && os.SameFile(mine, there) {
			return &lock{f}, nil
		}
		_ = f.Close()
	}
}

// wait takes the lock alone.
func (e entry) wait(ctx context.Context, waiting func()) (*lock, error) {
	for first := true; ; first = false {
		l, err := e.try(syscall.LOCK_EX)
		if !errors.Is(err, errHeld) {
			return l, err
		}
		if first {
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// hold keeps a build that is done; nil when it is not, or is being replaced.
func (e entry) hold() *Hold {
	if !e.built() {
		return nil
	}
	l, err := e.try(syscall.LOCK_SH)
	switch {
	case errors.Is(err, errHeld):
		return nil
	case err != nil:
		return &Hold{} // nobody can remove it from a folder that cannot be written
	case !e.built():
		l.release()
		return nil
	}
	return &Hold{lock: l}
}
