package trust

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/metal/filelock"
)

// Folder is a trusted folder. Device and inode change when another folder comes
// to be at its path, and stay when its files are built anew.
type Folder struct {
	Path   string    `json:"path"` // without links
	Device uint64    `json:"device"`
	Inode  uint64    `json:"inode"`
	Owner  uint32    `json:"owner"`
	Since  time.Time `json:"since"`
}

// Store is what a user trusts.
type Store struct {
	Folders []Folder `json:"folders"`

	path string // empty: there is no place to keep it
}

// Open reads the user's file, $XDG_STATE_HOME/assay/trusted.json or
// ~/.local/state/assay/trusted.json. Without one nothing is trusted.
func Open(getenv func(string) string) (*Store, error) {
	s := &Store{}
	switch {
	case filepath.IsAbs(getenv("XDG_STATE_HOME")):
		s.path = filepath.Join(getenv("XDG_STATE_HOME"), "assay", "trusted.json")
	case filepath.IsAbs(getenv("HOME")):
		s.path = filepath.Join(getenv("HOME"), ".local", "state", "assay", "trusted.json")
	default:
		return s, nil
	}
	if err := s.read(); err != nil {
		return nil, fmt.Errorf("trusted folders: %w", err)
	}
	return s, nil
}

// read takes the folders from the file; without one there are none.
func (s *Store) read() error {
	s.Folders = nil
	f, err := atomicfile.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && (int(stat.Uid) != os.Geteuid() || info.Mode()&0o022 != 0) {
		return fmt.Errorf("others may have written %s; look at it, then delete it and trust the folders again", s.path)
	}
	if err := json.NewDecoder(f).Decode(s); err != nil {
		return fmt.Errorf("%s: %w; delete it and trust the folders again", s.path, err)
	}
	return nil
}

// Covers says whether the folder or file at path is in a trusted folder. Trust in
// a folder does not reach a git repository within it, which came from elsewhere.
func (s *Store) Covers(path string) bool {
	path, err := resolved(path)
	if err != nil {
		return false
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		if now, err := look(dir); err == nil && slices.ContainsFunc(s.Folders, now.same) {
			return true
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil || dir == filepath.Dir(dir) {
			return false
		}
	}
}

func (f Folder) same(o Folder) bool {
	return f.Path == o.Path && f.Device == o.Device && f.Inode == o.Inode && f.Owner == o.Owner
}

// Trust remembers a folder.
func (s *Store) Trust(dir string, now time.Time) (Folder, error) {
	dir, err := resolved(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("folder: %w", err)
	}
	f, err := look(dir)
	if err != nil {
		return Folder{}, err
	}
	for _, d := range []string{dir, filepath.Join(dir, ".assay"), Plugins(dir)} {
		if info, err := os.Stat(d); err == nil && info.Mode()&0o002 != 0 {
			return Folder{}, fmt.Errorf("folder %s: every user of this machine may put programs into it; `chmod o-w %s` ends that", d, d)
		}
	}
	f.Since = now.UTC().Truncate(time.Second)
	err = s.change(func() bool {
		s.drop(dir)
		s.Folders = append(s.Folders, f)
		return true
	})
	return f, err
}

// Revoke forgets a folder, which may be gone. It says whether it was trusted.
func (s *Store) Revoke(dir string) (bool, error) {
	if real, err := resolved(dir); err == nil {
		dir = real
	} else if dir, err = filepath.Abs(dir); err != nil {
		return false, fmt.Errorf("folder: %w", err)
	}
	if len(s.Folders) == 0 {
		return false, nil
	}
	known := false
	err := s.change(func() bool { known = s.drop(dir); return known })
	return known, err
}

func (s *Store) drop(dir string) bool {
	before := len(s.Folders)
	s.Folders = slices.DeleteFunc(s.Folders, func(f Folder) bool { return f.Path == dir })
	return len(s.Folders) < before
}

// change makes a change to what the file holds now, and writes the file if it is
// one: another command may have revoked a folder since Open.
func (s *Store) change(apply func() bool) error {
	if s.path == "" {
		return errors.New("trusted folders: there is no folder to remember them in; set HOME or XDG_STATE_HOME")
	}
	err := os.MkdirAll(filepath.Dir(s.path), 0o700)
	if err != nil {
		return fmt.Errorf("trusted folders: %w", err)
	}
	lock, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("trusted folders: %w", err)
	}
	defer lock.Close() //nolint:errcheck // unlocks; nothing was written
	if err := filelock.Wait(context.Background(), func() error { return filelock.Try(lock, filelock.Exclusive) }, nil); err != nil {
		return fmt.Errorf("trusted folders: lock %s: %w", lock.Name(), err)
	}
	if err := s.read(); err != nil {
		return fmt.Errorf("trusted folders: %w", err)
	}
	if !apply() {
		return nil
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("trusted folders: %w", err)
	}
	if err := atomicfile.Write(s.path, append(b, '\n')); err != nil {
		return fmt.Errorf("trusted folders: %w", err)
	}
	return nil
}

// Plugins is where a folder keeps plugins of its own.
func Plugins(dir string) string { return filepath.Join(dir, ".assay", "plugins") }

func look(dir string) (Folder, error) {
	info, err := os.Lstat(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("folder: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok {
		return Folder{}, fmt.Errorf("folder %s: it is no folder", dir)
	}
	return Folder{Path: dir, Device: uint64(stat.Dev), Inode: uint64(stat.Ino), Owner: stat.Uid}, nil //nolint:unconvert // int32 on macOS
}

// resolved is an absolute path without links.
func resolved(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}
