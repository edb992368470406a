package release

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/source"
)

// folder has the files of releases in folders vX.Y.Z, or of one release directly.
type folder struct {
	path, name string
	mirror     string // the folder is part of this mirror
}

func (f folder) Versions(context.Context) (found []string, passed []Passed, err error) {
	entries, err := os.ReadDir(f.path)
	if errors.Is(err, fs.ErrNotExist) && f.mirror != "" {
		return nil, nil, fmt.Errorf("the mirror %s has no folder %s: put the files of the release into it, as %s", f.mirror, f.path, filepath.Join(f.path, "vX.Y.Z", sumsFile))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("source: %w", err)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		v, ok := tagged(e.Name())
		if !e.IsDir() {
			var name string
			if name, v, _, ok = source.ArchiveName(e.Name()); !ok || name != f.name {
				continue
			}
			_, ok = tagged("v" + v)
		}
		if !ok {
			passed = append(passed, Passed{e.Name(), "it is no version: folders of releases are called vX.Y.Z"})
		} else if !seen[v] {
			seen[v] = true
			found = append(found, v)
		}
	}
	return found, passed, nil
}

func (f folder) open(_ context.Context, version, file string) (io.ReadCloser, error) {
	dir := f.path
	if _, err := os.Stat(filepath.Join(dir, "v"+version)); err == nil {
		dir = filepath.Join(dir, "v"+version)
	}
	return regularFile(filepath.Join(dir, file))
}

func (f folder) where(version string) string {
	return "release v" + version + " in " + f.path
}

// archive is one archive that somebody named. Sums that lie beside it are held
// against it; without them it is what it is, and the lock file keeps it so.
type archive struct{ path string }

func (a archive) Versions(context.Context) ([]string, []Passed, error) {
	_, v, _, _ := source.ArchiveName(filepath.Base(a.path))
	if _, ok := tagged("v" + v); !ok {
		return nil, nil, fmt.Errorf("archive %s: %q is not a semantic version X.Y.Z", a.path, v)
	}
	return []string{v}, nil, nil
}

func (a archive) open(_ context.Context, _, file string) (io.ReadCloser, error) {
	f, err := regularFile(filepath.Join(filepath.Dir(a.path), file))
	if file != sumsFile || !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	own, err := regularFile(a.path)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	defer own.Close() //nolint:errcheck // read only
	h := sha256.New()
	if _, err := io.Copy(h, own); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	line := hex.EncodeToString(h.Sum(nil)) + "  " + filepath.Base(a.path) + "\n"
	return io.NopCloser(bytes.NewReader([]byte(line))), nil
}

func (a archive) where(string) string { return "archive " + a.path }

func regularFile(path string) (io.ReadCloser, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return nil, err
	}
	return f, nil
}
