package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Lock is held while a session measures: two sessions never measure at once on
// one machine, whoever starts them. The kernel drops it when its holder dies.
type Lock struct{ file *os.File }

// LockPath is one fixed file for the machine, so that every user's sessions
// meet there; $ASSAY_LOCK names another.
func LockPath(getenv func(string) string) string {
	if p := getenv("ASSAY_LOCK"); p != "" {
		return p
	}
	return filepath.Join(lockDir, "assay-measuring.lock")
}

// Acquire waits for the lock at path. waiting is called once, with what is
// known of the holder, if it has to wait.
func Acquire(ctx context.Context, path, who string, waiting func(holder string)) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if errors.Is(err, os.ErrPermission) { // made by another user under a umask; a read-only handle can be locked too
		f, err = os.OpenFile(path, os.O_RDONLY, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("machine lock: %w (set ASSAY_LOCK to a writable path that every session of this machine shares)", err)
	}
	_ = f.Chmod(0o666) // only the owner may; others need not
	told := false
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("machine lock %s: %w", path, err)
		}
		if !told {
			told = true
			waiting(holder(path))
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("machine lock %s: another session still holds it (%s): %w", path, holder(path), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(fmt.Sprintf("pid %d, %s\n", os.Getpid(), who)), 0)
	}
	return &Lock{file: f}, nil
}

// Release gives the lock back.
func (l *Lock) Release() error {
	_ = l.file.Truncate(0)
	return l.file.Close()
}

func holder(path string) string {
	b, err := os.ReadFile(path)
	if s := strings.TrimSpace(string(b)); err == nil && s != "" {
		return s
	}
	return "holder unknown"
}
