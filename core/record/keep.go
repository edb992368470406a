package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// Keep writes a document to kept and makes latest a link to it, or a copy where
// the file system has no links. A document that stands at latest itself, as
// earlier versions wrote it, is first kept under its own session's name. The
// journal is as WriteResult wants it.
func Keep(latest, kept string, r *Result, journal *io.SectionReader) error {
	if err := WriteResult(kept, r, journal); err != nil {
		return err
	}
	info, err := os.Lstat(latest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("result: %w", err)
	case info.Mode().IsRegular():
		if err := keepOld(latest, filepath.Dir(kept)); err != nil {
			return err
		}
	case info.Mode()&fs.ModeSymlink == 0:
		return &atomicfile.Error{Path: latest, Err: errors.New("it is there and no file; name another one")}
	}
	if err := link(latest, kept); err != nil {
		return WriteResult(latest, r, journal)
	}
	return nil
}

// keepOld copies the document of an earlier session into the folder. What is no
// document is replaced, as a document always was.
func keepOld(path, folder string) error {
	old, err := ReadResult(path)
	if err != nil || old.Session.ID == "" || filepath.Base(old.Session.ID) != old.Session.ID {
		return nil //nolint:nilerr // not a document: nothing to keep
	}
	to := filepath.Join(folder, old.Session.ID+".json")
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	b, err := atomicfile.Read(path)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return WriteFile(to, b)
}

// link makes latest lead to kept, at once and not in between.
func link(latest, kept string) error {
	target, err := filepath.Rel(filepath.Dir(latest), kept)
	if err != nil {
		return err
	}
	beside := latest + ".new-link"
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, beside); err != nil {
		return err
	}
	if err := os.Rename(beside, latest); err != nil {
		return errors.Join(err, os.Remove(beside))
	}
	return nil
}
