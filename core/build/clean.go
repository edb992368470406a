package build

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/filelock"
)

// Cleaned says what Clean did.
type Cleaned struct {
	Folder  string   `json:"folder"`  // the cache
	Removed int      `json:"removed"` // builds, failed ones included
	InUse   []string `json:"in_use"`  // keys of builds that are being made or used, which stay
}

// Clean removes the builds that nobody uses. It touches nothing but what Make
// made, and no folder that is not a cache.
func Clean(o Options) (Cleaned, error) {
	c, err := o.filled().cache()
	if err != nil {
		return Cleaned{}, err
	}
	out := Cleaned{Folder: c.dir, InUse: []string{}}
	there, err := os.ReadDir(c.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return out, nil
	case err != nil:
		return out, c.fault(err)
	case slices.ContainsFunc(there, stranger) && !c.ours():
		return out, c.foreign()
	}
	keys := map[string]bool{}
	for _, item := range there {
		key, _, _ := strings.Cut(item.Name(), ".")
		if !ownName.MatchString(item.Name()) || keys[key] {
			continue
		}
		keys[key] = true
		n, err := c.entry(key).remove()
		if errors.Is(err, filelock.ErrHeld) {
			out.InUse = append(out.InUse, key)
			continue
		}
		if err != nil {
			return out, c.fault(err)
		}
		out.Removed += n
	}
	return out, nil
}

// remove says how many builds there were.
func (e entry) remove() (int, error) {
	l, err := e.try(filelock.Exclusive)
	if err != nil {
		return 0, err
	}
	defer l.release()
	n := 0
	for _, folder := range []string{e.folder(), e.failed()} {
		if _, err := os.Lstat(folder); err == nil {
			n++
		}
	}
	if err := errors.Join(e.clear(), removeAll(e.failed())); err != nil {
		return 0, err
	}
	return n, os.Remove(e.lockPath())
}
