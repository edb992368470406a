package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

func TestReadTakesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	file, pipe, link := filepath.Join(dir, "file"), filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		if b, err := atomicfile.Read(path); err != nil || string(b) != "content" {
			t.Errorf("%s: %q, %v", path, b, err)
		}
	}
	for _, path := range []string{pipe, dir, os.DevNull} {
		if _, err := atomicfile.Read(path); err == nil || !strings.Contains(err.Error(), "open "+path+": it is no regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := atomicfile.Read(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
