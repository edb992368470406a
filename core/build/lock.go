package build

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/assay-bench/assay/metal/filelock"
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
	_ = filelock.Unlock(l.file)
	_ = l.file.Close()
}

// try takes the lock and does not wait. Whoever removes a lock file holds it.
func (e entry) try(how filelock.Mode) (*lock, error) {
	f, err := filelock.Open(e.lockPath(), how, func() (*os.File, error) {
		f, err := os.OpenFile(e.lockPath(), os.O_RDWR|os.O_CREATE, 0o644)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
			return os.Open(e.lockPath()) // what cannot be written can be locked
		}
		return f, err
	})
	switch {
	case err == nil:
		return &lock{f}, nil
	case f != nil:
		_ = f.Close()
	}
	return nil, err
}

// wait takes the lock alone.
func (e entry) wait(ctx context.Context, waiting func()) (l *lock, err error) {
	err = filelock.Wait(ctx, func() error {
		l, err = e.try(filelock.Exclusive)
		return err
	}, waiting)
	return l, err
}

// hold keeps a build that is done; nil when it is not, or is being replaced.
func (e entry) hold() *Hold {
	if !e.built() {
		return nil
	}
	l, err := e.try(filelock.Shared)
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return nil
	case err != nil:
		return &Hold{} // nobody can remove it from a folder that cannot be written
	case !e.built():
		l.release()
		return nil
	}
	return &Hold{lock: l}
}
