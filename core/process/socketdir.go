package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/assay-bench/assay/metal/filelock"
)

// socketPrefix of the folders' names, before a number.
const socketPrefix = "assay-socket-"

// socketDir is a private folder whose path is short: macOS allows 104 bytes
// for a socket's whole path. It is this host's until held is closed: a host keeps
// its folders locked, and the kernel unlocks them when it dies. Folders of hosts
// that were killed are removed.
func socketDir() (dir string, held *os.File, err error) {
	base := os.TempDir()
	if len(base) > 40 {
		base = "/tmp"
	}
	removeLeft(base)
	for held == nil {
		if dir, err = os.MkdirTemp(base, socketPrefix); err != nil {
			return "", nil, fmt.Errorf("no folder for the plugin's socket: %w", err)
		}
		if held, err = hold(dir); err != nil {
			return "", nil, errors.Join(fmt.Errorf("the folder of the plugin's socket: %w", err), os.RemoveAll(dir))
		}
	}
	return dir, held, nil
}

// hold locks a folder. Until it did, another host takes the folder for one that was
// left, and removes it: there is no lock then, and no error.
func hold(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch err := filelock.Try(f, filelock.Exclusive); {
	case errors.Is(err, filelock.ErrHeld):
		return nil, f.Close()
	case err != nil:
		return nil, errors.Join(err, f.Close())
	}
	locked, err := f.Stat()
	there, err2 := os.Lstat(dir)
	if err != nil || err2 != nil || !os.SameFile(locked, there) {
		return nil, f.Close()
	}
	return f, nil
}

// removeLeft removes the folders whose host is gone. What cannot be removed, such as
// another user's, stays.
func removeLeft(base string) {
	found, _ := filepath.Glob(filepath.Join(base, socketPrefix+"[0-9]*"))
	for _, dir := range found {
		f, err := os.OpenFile(dir, syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		if err != nil {
			continue
		}
		if filelock.Try(f, filelock.Exclusive) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = f.Close()
	}
}
