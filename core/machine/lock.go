package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Lock is held while a session measures: two sessions never measure at once on
// one machine, whoever starts them. The kernel drops it when its holder dies.
// What the file holds only tells those who wait whom they wait for.
type Lock struct {
	file *os.File
	told bool // the file names this holder
}

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
	f, err := openLock(path)
	if err != nil {
		return nil, fmt.Errorf("machine lock: %w (set ASSAY_LOCK to a writable path that every session of this machine shares)", err)
	}
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
	l := &Lock{file: f}
	if b, err := readLock(f); err == nil && ours(b) && f.Truncate(0) == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "pid %d, %s\n", os.Getpid(), who), 0)
		l.told = true
	}
	return l, nil
}

// File is for processes that use the device. The machine is locked as long as one
// of them lives that has inherited it, whatever became of the holder.
func (l *Lock) File() *os.File { return l.file }

// Release gives the lock back.
func (l *Lock) Release() error {
	if l.told {
		_ = l.file.Truncate(0)
	}
	return l.file.Close()
}

// openLock makes the file only where there is none: in a shared folder Linux
// refuses to open another user's file with O_CREATE. What cannot be written
// can be locked all the same.
func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666); err == nil {
			_ = f.Chmod(0o666) // whatever the umask: every user's sessions meet here
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.OpenFile(path, os.O_RDONLY, 0)
	}
	return f, err
}

// holderLine is all that a lock file holds while it is held.
var holderLine = regexp.MustCompile(`^pid [1-9][0-9]*, [[:print:]]+\n$`)

// lockBytes bounds what is read of a lock file; a holder's line is shorter.
const lockBytes = 256

// holder names who has the lock, as far as the file says so in one whole line.
// A line that is torn may name someone else.
func holder(path string) string {
	if f, err := os.Open(path); err == nil {
		defer f.Close()
		if b, err := readLock(f); err == nil && holderLine.Match(b) {
			return strings.TrimSpace(string(b))
		}
	}
	return "holder unknown"
}

// readLock reads one byte more than a lock file may hold, if that is there.
func readLock(f *os.File) ([]byte, error) {
	b := make([]byte, lockBytes+1)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:n], nil
}

// ours says that nothing is lost when the file names a new holder: it is empty,
// names another one, whole or torn, or holds the zeros that a crash of the
// system leaves. ASSAY_LOCK may name a file that is worth something: it is
// locked and stays as it is.
func ours(b []byte) bool {
	const begins = "pid "
	switch {
	case len(b) > lockBytes:
		return false
	case len(bytes.Trim(b, "\x00")) == 0:
		return true
	}
	return strings.HasPrefix(string(b), begins) || strings.HasPrefix(begins, string(b))
}
