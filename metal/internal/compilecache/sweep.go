package compilecache

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"syscall"
	"time"
)

// stamp is an empty file: its modification time is that of the last sweep, and
// who sweeps holds a lock on it.
const stamp = "swept"

// ours are the names that a sweep may remove: a hash with or without an ending,
// and what NewName makes. Whatever else is in the folder is somebody else's.
var ours = regexp.MustCompile(`^([0-9a-f]{64}(\.[a-z]+)?|new-[0-9]+)$`)

// sweep removes what was not used for long, once a day for all processes
// together. Trouble with it is none of the compilation's.
func (d Dir) sweep() {
	done := d.lock(syscall.LOCK_EX | syscall.LOCK_NB)
	if done == nil {
		return // another process sweeps
	}
	defer done()
	if info, err := os.Stat(d.Path(stamp)); err != nil || time.Since(info.ModTime()) < refresh {
		return
	}
	now := time.Now()
	if os.Chtimes(d.Path(stamp), now, now) != nil {
		return
	}
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && ours.MatchString(e.Name()) && now.Sub(info.ModTime()) > kept {
			_ = os.RemoveAll(d.Path(e.Name()))
		}
	}
}

// touch notes that an entry is used, and reports whether it still exists. It
// waits for a sweep, which may have found the entry old just now.
func (d Dir) touch(path string) bool {
	if done := d.lock(syscall.LOCK_SH); done != nil {
		defer done()
	}
	now := time.Now()
	return !errors.Is(os.Chtimes(path, now, now), fs.ErrNotExist) // another user's entry cannot be noted, but read
}

// lock takes a lock on the stamp and returns what gives it back, or nil if it
// cannot be had.
func (d Dir) lock(how int) func() {
	f, err := os.OpenFile(d.Path(stamp), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		f.Close()
		return nil
	}
	return func() { f.Close() }
}
