package atomicfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
)

// LinkError is a path that a link leads out of its folder.
type LinkError struct{ Path, To, Folder string }

func (e *LinkError) Error() string {
	return fmt.Sprintf("%s leads by a link to %s, out of %s", e.Path, e.To, e.Folder)
}

// Inside says whether what would be written at path stays in folder, wherever
// links lead. A path that names another place without a link is held against the
// folder that it names. Nothing need be there yet. The error is a *LinkError.
func Inside(folder, path string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	if rel, err := filepath.Rel(folder, path); err != nil || !filepath.IsLocal(rel) {
		folder = filepath.Dir(path)
	}
	base, err := leads(folder)
	if err != nil {
		return err
	}
	to, err := leads(path)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(base, to); err != nil || !filepath.IsLocal(rel) {
		return &LinkError{path, to, folder}
	}
	return nil
}

// leads is where an absolute path leads, as far as anything is there.
func leads(path string) (string, error) {
	end, err := follow(path)
	switch {
	case errors.Is(err, syscall.ENOTDIR): // a file in the place of a folder: writing says so
		end = path
	case err != nil:
		return "", err
	}
	parent := filepath.Dir(end)
	if parent == end {
		return end, nil
	}
	if parent, err = leads(parent); err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(end)), nil
}
