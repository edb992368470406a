package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestClean(t *testing.T) {
	r := newRepo(t, "a")
	if got, err := Clean(r.opts); err != nil || got.Removed != 0 {
		t.Errorf("no cache yet: %+v, %v", got, err)
	}
	kept := r.spec("main", "true # kept")
	hold, err := Make(context.Background(), kept, r.resolve(kept), r.opts)
	if err != nil {
		t.Fatal(err)
	}
	locked := r.make(r.spec("main", "mkdir -p m/n; touch m/n/f; chmod -R a-w m")) // as Go leaves its modules
	failing := r.spec("main", "false")
	if _, err := Make(context.Background(), failing, r.resolve(failing), r.opts); err == nil {
		t.Fatal("no error")
	}
	if err := os.WriteFile(filepath.Join(r.opts.Folder, "letter"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Clean(r.opts)
	if err != nil || got.Removed != 2 || !slices.Equal(got.InUse, []string{r.resolve(kept).Key}) || got.Folder != r.opts.Folder {
		t.Errorf("%+v, %v", got, err)
	}
	if !r.resolve(kept).Built {
		t.Error("what is in use was removed")
	}
	if _, err := os.Stat(filepath.Dir(locked.Dir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left: %v", err)
	}
	hold.Close()
	if got, err := Clean(r.opts); err != nil || got.Removed != 1 || len(got.InUse) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if left := names(t, r.opts.Folder); !slices.Equal(left, []string{tagName, "letter"}) {
		t.Errorf("left: %q", left)
	}
	r.make(kept)
}

func TestCleanOfWhatIsNoCache(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "0123456789abcdef0123456789abcdef")
	if err := os.Mkdir(key, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Clean(Options{Folder: dir})
	wants(t, err, "build cache "+dir, "CACHEDIR.TAG")
	if _, err := os.Stat(key); err != nil {
		t.Error(err)
	}
}

func TestMarksThatAreNone(t *testing.T) {
	r := newRepo(t, "a")
	s := r.spec("main", "true")
	tree := r.make(s)
	mark := filepath.Join(filepath.Dir(tree.Dir), "built.json")
	for name, text := range map[string]string{"empty": "", "torn": `{"built": "20`, "zeros": "\x00\x00", "another type": "[]", "null": "null"} {
		if err := os.WriteFile(mark, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if r.resolve(s).Built {
			t.Errorf("%s: it looks built", name)
		}
		r.make(s)
		if !r.resolve(s).Built {
			t.Errorf("%s: it was not built again", name)
		}
	}
	if err := os.RemoveAll(tree.Dir); err != nil {
		t.Fatal(err)
	}
	if r.resolve(s).Built {
		t.Error("without a tree it looks built")
	}
}
