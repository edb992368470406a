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

	"github.com/assay-bench/assay/metal/filelock"
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
	var f *os.File
	var by string
	err := filelock.Wait(ctx, func() (err error) {
		f, err = filelock.Open(path, filelock.Exclusive, func() (*os.File, error) { return openLock(path) })
		if errors.Is(err, filelock.ErrHeld) {
			by = holder(f)
			f.Close()
		}
		return err
	}, func() { waiting(by) })
	switch {
	case err == nil:
		return hold(f, who), nil
	case errors.Is(err, filelock.ErrHeld):
		return nil, fmt.Errorf("machine lock %s: another session still holds it (%s): %w", path, by, ctx.Err())
	}
	return nil, fmt.Errorf("machine lock: %w (set ASSAY_LOCK to a writable path that every session of this machine shares)", err)
}

// hold names the holder in the file, where that is this user's.
func hold(f *os.File, who string) *Lock {
	l := &Lock{file: f}
	if b, err := readLock(f); err == nil && ours(b) && mine(f) && f.Truncate(0) == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "pid %d, %s\n", os.Getpid(), who), 0)
		l.told = true
	}
	return l
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

// openLock opens the file, and makes it where there is none. It follows no link
// and waits for no pipe: anyone may have put one into a shared folder. To lock a
// file, reading it is enough: others need not be able to write it.
func openLock(path string) (*os.File, error) {
	const careful = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	f, err := os.OpenFile(path, os.O_RDWR|careful, 0)
	for errors.Is(err, fs.ErrNotExist) {
		// Without O_EXCL, Linux refuses another user's file in a shared folder.
		f, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR|careful, 0o600)
		switch {
		case err == nil && shared(path):
			err = f.Chmod(0o644) // whatever the umask: every user's sessions meet here
		case errors.Is(err, fs.ErrExist): // made just now
			f, err = os.OpenFile(path, os.O_RDWR|careful, 0)
		default:
			return f, err
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.OpenFile(path, os.O_RDONLY|careful, 0)
	}
	switch {
	case errors.Is(err, syscall.ELOOP):
		return nil, fmt.Errorf("%s is a link, which is not followed", path)
	case err != nil:
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is there and no file", path)
	}
	if stat, ok := sysOf(info); err == nil && ok && stat.Nlink > 1 {
		err = fmt.Errorf("%s is another file too, by a hard link", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// shared says whether other users can reach a file's folder to meet there.
func shared(path string) bool {
	info, err := os.Stat(filepath.Dir(path))
	return err == nil && info.Mode().Perm()&0o022 != 0
}

func sysOf(info os.FileInfo) (*syscall.Stat_t, bool) {
	if info == nil {
		return nil, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return stat, ok
}

// mine says whether a file is this user's. Text in another user's file would be
// a word of that user.
func mine(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := sysOf(info)
	return ok && int(stat.Uid) == os.Geteuid()
}

// holderLine is all that a lock file holds while it is held.
var holderLine = regexp.MustCompile(`^pid [1-9][0-9]*, [[:print:]]+\n$`)

// lockBytes bounds what is read of a lock file; a holder's line is shorter.
const lockBytes = 256

// holder names who has the lock, as far as the file says so in one whole line and
// the system does not know better. A line that is torn may name someone else, and
// in another user's file this user's sessions leave none.
func holder(f *os.File) string {
	line := ""
	if b, err := readLock(f); err == nil && holderLine.Match(b) {
		line = strings.TrimSpace(string(b))
	}
	switch pid := lockedBy(f); {
	case pid == 0 && line != "", pid != 0 && strings.HasPrefix(line, fmt.Sprintf("pid %d,", pid)):
		return line
	case pid != 0 && line != "":
		return fmt.Sprintf("pid %d; the lock file names %s", pid, line)
	case pid != 0:
		return fmt.Sprintf("pid %d", pid)
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
