package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/core/sdk/child"
	"github.com/assay-bench/assay/core/sdk/python"
	"github.com/assay-bench/assay/metal/regular"
)

// helper is the environment in which a program in Python finds assay_serve.
// Where it cannot be written, other programs are served without it.
func (p *program) helper() map[string]string {
	folder, err := keepHelper()
	if err != nil {
		p.log.Warn("Python programs will not find assay_serve", "error", err)
		return nil
	}
	for _, entry := range child.Environ(nil) {
		if value, ok := strings.CutPrefix(entry, "PYTHONPATH="); ok && value != "" {
			folder += string(os.PathListSeparator) + value
		}
	}
	return map[string]string{"PYTHONPATH": folder}
}

// keepHelper writes the helper into the user's cache, once for each version of
// it, so that Python compiles it once and nothing is left behind when this
// process is killed.
func keepHelper() (folder string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(python.Serve)
	folder = filepath.Join(cache, "assay", "python", hex.EncodeToString(sum[:8]))
	file := filepath.Join(folder, python.ServeName)
	if have, err := regular.Read(file, int64(len(python.Serve))); err == nil && bytes.Equal(have, python.Serve) {
		return folder, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	next, err := os.CreateTemp(folder, ".new-")
	if err != nil {
		return "", err
	}
	_, err = next.Write(python.Serve)
	if err = errors.Join(err, next.Close()); err == nil {
		err = os.Rename(next.Name(), file)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(next.Name()))
	}
	return folder, nil
}
