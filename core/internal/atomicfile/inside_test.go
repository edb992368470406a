package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

func TestInside(t *testing.T) {
	root := t.TempDir()
	dir, out := filepath.Join(root, "dir"), filepath.Join(root, "out")
	for _, d := range []string{filepath.Join(dir, "sub"), out} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"dir/away": "../out", "dir/file.json": "../out/file.json", "dir/near": "sub", "dir/chain": "away/x/y.json",
		"dir/loop": "loop", "other": "dir", "out/back": "../dir",
	} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for path, stays := range map[string]bool{
		"dir/new.json": true, "dir/a/b/c.json": true, "dir/near/new.json": true, "dir/sub": true, "dir": true, "dir/plain/new.json": true,
		"dir/away/new.json": false, "dir/away": false, "dir/file.json": false, "dir/chain": false, "dir/away/a/b.json": false,
		"out/new.json": true, "dir/../out/new.json": true, "out/back": false, // named without a link, or by one
		"other/new.json": true, "dir/loop": false,
	} {
		err := atomicfile.Inside(dir, filepath.Join(root, path))
		if (err == nil) != stays {
			t.Errorf("%s: %v", path, err)
		}
		var link *atomicfile.LinkError
		if err != nil && path != "dir/loop" && !errors.As(err, &link) {
			t.Errorf("%s: %v is no *LinkError", path, err)
		}
	}
	if err := atomicfile.Inside(filepath.Join(root, "other"), filepath.Join(root, "other", "new.json")); err != nil {
		t.Errorf("a working folder that is a link: %v", err)
	}
}
