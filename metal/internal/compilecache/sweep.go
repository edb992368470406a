package compilecache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"time"

	"github.com/assay-bench/assay/metal/filelock"
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
	f, err := d.stamp()
	if err != nil {
		return
	}
	defer f.Close()
	if filelock.Try(f, filelock.Exclusive) != nil {
		return // another process sweeps
	}
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
	if f, err := d.stamp(); err == nil {
		defer f.Close()
		_ = filelock.Wait(context.Background(), func() error { return filelock.Try(f, filelock.Shared) }, nil)
	}
	now := time.Now()
	return !errors.Is(os.Chtimes(path, now, now), fs.ErrNotExist) // another user's entry cannot be noted, but read
}

// stamp is the file whose lock is the sweep's.
func (d Dir) stamp() (*os.File, error) {
	return os.OpenFile(d.Path(stamp), os.O_RDWR|os.O_CREATE, 0o600)
}
