package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// heldName is a file in the folder of a socket that the host keeps locked. The
// kernel unlocks it when the host dies.
const heldName = "host"

// socketDir is a private folder whose path is short: macOS allows 104 bytes
// for a socket's whole path. It is this host's until held is closed. Folders of
// hosts that were killed are removed.
func socketDir() (dir string, held *os.File, err error) {
	base := os.TempDir()
	if len(base) > 40 {
		base = "/tmp"
	}
	removeLeft(base)
	if dir, err = os.MkdirTemp(base, "assay"); err != nil {
		return "", nil, fmt.Errorf("no folder for the plugin's socket: %w", err)
	}
	if held, err = hold(dir); err != nil {
		return "", nil, errors.Join(fmt.Errorf("the folder of the plugin's socket: %w", err), os.RemoveAll(dir))
	}
	return dir, held, nil
}

// hold locks the file before it has the name that others look for.
func hold(dir string) (*os.File, error) {
	path := filepath.Join(dir, heldName)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeLeft removes the folders whose host is gone. What cannot be removed, such as
// another user's, stays.
func removeLeft(base string) {
	found, _ := filepath.Glob(filepath.Join(base, "assay[0-9]*", heldName))
	for _, path := range found {
		f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		_ = f.Close()
	}
}
