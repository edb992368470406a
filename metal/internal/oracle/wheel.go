package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// release is one file of a project on PyPI.
type release struct{ project, file, digest string }

// pinned has MLX's kernels as Apple's compiler compiled them, and the headers that
// they were compiled from. Kernels and headers of two versions would differ wherever MLX
// itself changed.
var pinned = release{
	project: "mlx-metal",
	file:    "mlx_metal-0.32.4-py3-none-macosx_14_0_arm64.whl",
	digest:  "8019b2db622599267d66cc168b2f0dbf5af929790a6c3b3913e00eabc42a7947",
}

// wheel has the paths of what was unpacked, and of MLX's sources.
type wheel struct {
	library string // path of mlx.metallib
	include string // folder of the headers
	sources string // folder of MLX's sources, or empty
}

// open unpacks the wheel into the user's cache, once, and returns what it has. The
// wheel is the file at path or, if that is empty, fetched from an index of packages.
// A file at path is verified even if nothing is left to unpack.
func (r release) open(ctx context.Context, path, index string, progress io.Writer) (*wheel, error) {
	whole, w, err := r.unpacked()
	if err != nil {
		return nil, err
	}
	if path != "" {
		if err := r.verify(path); err != nil {
			return nil, err
		}
	}
	dir := filepath.Dir(whole)
	sweep(dir)
	if w.there() {
		return w, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("%s: %w", r.file, err)
	}
	temporary, err := os.MkdirTemp(dir, "new-*") // nothing of it is found if this ends early
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.file, err)
	}
	defer os.RemoveAll(temporary)
	if path == "" {
		path = filepath.Join(temporary, r.file)
		if err := r.fetch(ctx, index, path, progress); err != nil {
			return nil, err
		}
		if err := r.verify(path); err != nil {
			return nil, err
		}
	}
	made := filepath.Join(temporary, "made")
	if err := unpack(path, made); err != nil {
		return nil, err
	}
	if err := w.place(made, whole); err != nil {
		return nil, fmt.Errorf("%s: %w", r.file, err)
	}
	return w, nil
}

// place makes a finished folder the one at whole. If several processes unpack at once,
// the first one's folder stays, since that process reads it.
func (w *wheel) place(made, whole string) error {
	if err := os.Rename(made, whole); err == nil || w.there() {
		return nil
	}
	if err := os.RemoveAll(whole); err != nil { // it lacks the library
		return err
	}
	return os.Rename(made, whole)
}

// sweep removes what processes that were killed have left.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, "new-*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(path)
		}
	}
}

// unpacked is where what was unpacked is, or would be.
func (r release) unpacked() (dir string, w *wheel, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", nil, fmt.Errorf("the wheel needs a cache folder: %w", err)
	}
	dir = filepath.Join(cache, "assay", "oracle", r.digest)
	return dir, &wheel{library: filepath.Join(dir, filepath.FromSlash(libraryName)), include: filepath.Join(dir, "include")}, nil
}

func (w *wheel) there() bool {
	_, err := os.Stat(w.library)
	return err == nil
}

// verify compares a file's digest with the wheel's.
func (r release) verify(path string) error {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for its writer
	if err != nil {
		return fmt.Errorf("wheel: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: it is not a regular file: want %s", path, r.file)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("wheel: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != r.digest {
		return fmt.Errorf("%s: has sha256 %s, and the wheel %s has %s: fetch that one", path, got, r.file, r.digest)
	}
	return nil
}

// errAbsent marks a wheel that the index does not deliver to this machine.
var errAbsent = errors.New("the wheel cannot be had")
