package registry

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/release"
)

// Hashes adds the digests of the binaries for other platforms to a pinned
// version, out of the archives that it was pinned with, and gives the version.
func (in *Installer) Hashes(ctx context.Context, w Wanted, platforms []string) (string, error) {
	free, err := holdUser(ctx, in.Dir)
	if err != nil {
		return "", err
	}
	defer free()
	r, err := in.pinned(ctx, w)
	if err != nil {
		return "", err
	}
	for _, platform := range platforms {
		if err := in.hash(ctx, r, platform); err != nil {
			return "", fmt.Errorf("plugin %s: %w", w.Name, err)
		}
	}
	return r.Version, nil
}

// Mirror saves the pinned release of a plugin of a repository below dir, where
// [release.Options].Mirror finds it, and gives the folder.
func (in *Installer) Mirror(ctx context.Context, w Wanted, dir string, platforms []string) (string, error) {
	r, err := in.pinned(ctx, w)
	if err != nil {
		return "", err
	}
	dir = release.MirrorFolder(dir, w.Source)
	if err := r.Save(ctx, dir, platforms); err != nil {
		return "", fmt.Errorf("plugin %s: %w", w.Name, err)
	}
	return filepath.Join(dir, "v"+r.Version), nil
}

// pinned is the release that the lock file has, as its source has it now.
func (in *Installer) pinned(ctx context.Context, w Wanted) (*release.Release, error) {
	pinned, err := in.entry(w)
	if err != nil {
		return nil, err
	}
	if pinned == nil || len(pinned.Archives) == 0 {
		return nil, fmt.Errorf("plugin %s: no release of it is pinned in %s; run %s", w.Name, in.Lock.path, in.Lock.initCommand())
	}
	place, err := release.At(w.Source, w.Name, in.From)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", w.Name, err)
	}
	r, err := release.Open(ctx, place, w.Name, pinned.Version, w.PublicKey)
	if err == nil {
		err = in.unchanged(r, w)
	}
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", w.Name, err)
	}
	return r, nil
}

// hash pins the binary for one platform.
func (in *Installer) hash(ctx context.Context, r *release.Release, platform string) error {
	dir, err := os.MkdirTemp(in.Dir, fetchPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path, err := unpacked(ctx, r, platform, dir)
	if err != nil {
		return err
	}
	sum, err := process.FileSHA256(path)
	if err != nil {
		return err
	}
	locked := in.Lock.at(r.Name, r.Version)
	locked.Hashes = slices.DeleteFunc(locked.Hashes, func(h string) bool { return hashFor([]string{h}, platform) != "" })
	locked.Hashes = append(locked.Hashes, platform+":sha256:"+sum)
	slices.Sort(locked.Hashes)
	return nil
}
