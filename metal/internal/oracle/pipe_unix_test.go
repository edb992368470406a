//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestVerifyRefuses: a pipe that nobody writes is not waited for, and a folder is named.
func TestVerifyRefuses(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "a.whl")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("the file system has no pipes:", err)
	}
	for path, want := range map[string]string{pipe: "it is not a regular file: want " + pinned.file, dir: "it is not a regular file", filepath.Join(dir, "b.whl"): "wheel: "} {
		if err := pinned.verify(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q in it", path, err, want)
		}
	}
}
