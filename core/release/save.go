package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// Save writes the release's files for some platforms, or with none for all of them,
// into the folder vX.Y.Z of dir: the archives, and once these are there the
// signature and the sums.
func (r *Release) Save(ctx context.Context, dir string, platforms []string) error {
	dir = filepath.Join(dir, "v"+r.Version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	if len(platforms) == 0 {
		platforms = r.Platforms()
	}
	for _, p := range platforms {
		archive, err := r.archive(p)
		if err != nil {
			return err
		}
		err = atomicfile.Stream(filepath.Join(dir, archive.File), func(w io.Writer) error { return r.Download(ctx, p, w) })
		if err != nil {
			return err
		}
	}
	signature, err := r.read(ctx, signatureFile)
	if err == nil {
		err = atomicfile.Write(filepath.Join(dir, signatureFile), signature)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, sumsFile), r.sums)
}
