//go:build unix

package metallib

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe: a pipe that nobody writes is refused, and not waited for.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.metallib")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("the test opens a pipe:", err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "it is not a regular file") {
		t.Errorf("error is %v", err)
	}
}
