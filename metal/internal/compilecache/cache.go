// Package compilecache is a folder of what compilers made: one entry per
// compilation, named by the hash of everything it depends on, shared by all
// processes of a user. Entries that nobody used for a month go when a new one
// comes.
//
// The main path: Find an entry, or make it under a name of NewName's pattern in the
// folder and Add it. Imported by metal/cuda and metal/sim.
package compilecache

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Dir is the path of a cache folder. The empty one is a cache that is off:
// nothing is found in it and nothing can be added.
type Dir string

const (
	kept    = 30 * 24 * time.Hour // how long an entry stays after its last use
	refresh = 24 * time.Hour      // a use is noted, and a sweep made, this often at most
)

// NewName is the pattern, for os.CreateTemp and os.MkdirTemp, of what is still
// being made. What an interrupted process leaves under it goes like an old entry.
const NewName = "new-*"

// Make makes the folder where there is none. It is the user's alone, since what
// it holds is run.
func (d Dir) Make() error {
	if d == "" {
		return fmt.Errorf("compile cache is off")
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	return nil
}

// Path is where the entry of a name is, or would be.
func (d Dir) Path(name string) string { return filepath.Join(string(d), name) }

// Find returns the path of an entry, if there is one, and notes that it is used.
func (d Dir) Find(name string) (path string, ok bool) {
	if d == "" {
		return "", false
	}
	path = d.Path(name)
	info, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	if time.Since(info.ModTime()) > refresh && !d.touch(path) {
		return "", false // a sweep was faster
	}
	return path, true
}

// Add makes a finished file the entry of a name, whole or not at all, and now
// and then removes what nobody uses any more. Where several processes made the
// same entry, the last one's stays.
func (d Dir) Add(made, name string) (path string, err error) {
	if d == "" {
		return "", fmt.Errorf("compile cache is off")
	}
	path = d.Path(name)
	if err := os.Rename(made, path); err != nil {
		return "", fmt.Errorf("compile cache: %w", err)
	}
	d.sweep()
	return path, nil
}
