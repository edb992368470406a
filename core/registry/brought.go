package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/process"
)

// File is a candidate that nobody has started.
type File struct {
	Name   string `json:"name"`
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Brought lists the candidates in a folder, which need not be there, and starts
// none of them.
func Brought(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("plugin folder: %w", err)
	}
	out := []File{}
	for _, e := range entries {
		c, ok := parseCandidate(filepath.Join(dir, e.Name()))
		if !ok {
			continue
		}
		info, err := os.Stat(c.path)
		if err != nil || !info.Mode().IsRegular() {
			continue // Discover says what it is
		}
		sum, err := process.FileSHA256(c.path)
		if err != nil {
			return nil, fmt.Errorf("plugin %s: %w", c.name, err)
		}
		out = append(out, File{Name: c.name, Path: c.path, Size: info.Size(), SHA256: sum})
	}
	return out, nil
}
