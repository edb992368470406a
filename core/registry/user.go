package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/metal/filelock"
)

// fetchPrefix of folders that a download is unpacked in.
const fetchPrefix = ".fetch-"

// holdUser keeps other commands from changing the user's folder, which it makes,
// and takes away what a killed one has left.
func holdUser(ctx context.Context, dir string) (release func(), err error) {
	if dir == "" {
		return nil, errors.New("there is no folder to install plugins in: set HOME or XDG_DATA_HOME")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	if err := filelock.Wait(ctx, func() error { return filelock.Try(f, filelock.Exclusive) }, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("plugin folder: lock %s: %w", f.Name(), err), f.Close())
	}
	left, _ := filepath.Glob(filepath.Join(dir, fetchPrefix+"*"))
	for _, d := range left {
		_ = os.RemoveAll(d)
	}
	return func() { _ = f.Close() }, nil // which unlocks
}

// readUser reads what was installed in the user's folder.
func readUser(dir string) (*Lock, error) {
	l, err := ReadLock(filepath.Join(dir, LockName))
	if err == nil {
		l.user = true
	}
	return l, err
}

// at is the entry of a version; nil: it is not pinned.
func (l *Lock) at(name, version string) *Locked {
	for i, p := range l.Plugins {
		if p.Name == name && p.Version == version {
			return &l.Plugins[i]
		}
	}
	return nil
}

// put replaces the entry of a version.
func (l *Lock) put(p Locked) {
	l.drop(p.Name, p.Version)
	l.Plugins = append(l.Plugins, p)
}

func (l *Lock) drop(name, version string) {
	l.Plugins = slices.DeleteFunc(l.Plugins, func(o Locked) bool { return o.Name == name && o.Version == version })
}

// userPath is the file of a version in the user's folder.
func userPath(dir, name, version string) string {
	return filepath.Join(dir, prefix+name+"_v"+version)
}

// Origins says where the binaries in the user's folder came from, by path.
func Origins(dir string) (map[string]string, error) {
	out := map[string]string{}
	if dir == "" {
		return out, nil
	}
	user, err := readUser(dir)
	if err != nil {
		return nil, err
	}
	for _, p := range user.Plugins {
		out[userPath(dir, p.Name, p.Version)] = p.Source
	}
	return out, nil
}

// Remove takes plugins out of the user's folder: one version, or with an empty one
// all of them. It gives the files that it took away.
func Remove(ctx context.Context, dir, name, version string) ([]string, error) {
	free, err := holdUser(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer free()
	user, err := readUser(dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	var removed, others []string
	for _, e := range entries {
		c, ok := parseCandidate(filepath.Join(dir, e.Name()))
		if !ok || c.name != name || e.IsDir() {
			continue
		}
		if version != "" && c.version != version {
			others = append(others, e.Name())
			continue
		}
		if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("plugin %s: %w", name, err)
		}
		user.drop(name, c.version)
		removed = append(removed, c.path)
	}
	if len(removed) == 0 {
		found := "nothing of that name is there"
		if len(others) > 0 {
			found = "there is " + strings.Join(others, ", ")
		}
		return nil, fmt.Errorf("plugin %s: it is not installed in %s (%s); `assay plugin list --all` says where plugins were found", strings.TrimSpace(name+" "+version), dir, found)
	}
	return removed, user.Write(user.path)
}

// same says whether the file at path has a hex digest.
func same(path, sum string) bool {
	is, err := process.FileSHA256(path)
	return err == nil && sum != "" && is == sum
}
