package atomicfile

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/assay-bench/assay/metal/filelock"
)

// newPrefix of the names of files that are being written.
const newPrefix = ".assay-new-"

// beside makes the new file in the folder of the target, since a rename does
// not leave a file system. Its name is short, however long the target's is. It is
// locked until it is closed: one that is not locked was left by a writer that was
// killed.
func (t target) beside() (*os.File, error) {
	dir := filepath.Dir(t.path)
	if _, again := swept.LoadOrStore(dir, true); !again {
		sweep(dir)
	}
	for {
		name := filepath.Join(dir, newPrefix+rand.Text())
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return nil, err
		}
		locked := filelock.Try(f, filelock.Exclusive)
		if !errors.Is(locked, filelock.ErrHeld) && is(f, name) { // a file system without locks is never swept
			return f, nil
		}
		_ = f.Close() // another process swept before it was locked
	}
}

// swept are the folders in which this process has looked for files that killed
// writers left: once, since a folder can have many files.
var swept sync.Map

// sweep removes what killed writers left in a folder.
func sweep(dir string) {
	found, _ := os.ReadDir(dir)
	for _, e := range found {
		if !strings.HasPrefix(e.Name(), newPrefix) {
			continue
		}
		name := filepath.Join(dir, e.Name())
		f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		if err != nil {
			continue
		}
		if filelock.Try(f, filelock.Exclusive) == nil && is(f, name) {
			_ = os.Remove(name)
		}
		_ = f.Close()
	}
}

// is says whether the name is still this file's.
func is(f *os.File, name string) bool {
	open, err := f.Stat()
	there, err2 := os.Lstat(name)
	return err == nil && err2 == nil && os.SameFile(open, there)
}
