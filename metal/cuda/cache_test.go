package cuda

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/assay-bench/assay/metal/internal/compilecache"
)

func TestCache(t *testing.T) {
	c := cache{compilecache.Dir(filepath.Join(t.TempDir(), "deep", "cache"))}
	k := keyOf("source", []string{"-a"}, "sm_90", "13.0")
	if _, ok := c.get(k); ok {
		t.Fatal("an empty cache has something")
	}
	c.put(k, []byte("machine code"))
	if got, ok := c.get(k); !ok || string(got) != "machine code" {
		t.Fatalf("got %q, %t", got, ok)
	}
	if err := os.WriteFile(c.dir.Path(codeFile(k)), []byte("torn in the middle of being written, with no valid sum"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.get(k); ok {
		t.Error("a damaged file is taken for machine code")
	}
	c.drop(k)
	if left, _ := filepath.Glob(c.dir.Path("new-*")); len(left) != 0 {
		t.Errorf("%v are left behind", left)
	}
	if _, err := os.Stat(c.dir.Path(codeFile(k))); err == nil {
		t.Error("what was dropped is still there")
	}
	off := cache{}
	off.put(k, []byte("x"))
	if _, ok := off.get(k); ok {
		t.Error("a cache that is off has something")
	}
}

func TestCacheKeyDependsOnEverything(t *testing.T) {
	keys := []string{
		keyOf("s", []string{"-a", "-b"}, "sm_90", "13.0"),
		keyOf("t", []string{"-a", "-b"}, "sm_90", "13.0"),
		keyOf("s", []string{"-a-b"}, "sm_90", "13.0"),
		keyOf("s", []string{"-a", "-b"}, "sm_89", "13.0"),
		keyOf("s", []string{"-a", "-b"}, "sm_90", "12.9"),
		keyOf("s", nil, "sm_90", "13.0"),
	}
	slices.Sort(keys)
	if n := len(slices.Compact(keys)); n != 6 {
		t.Errorf("%d different keys, want 6", n)
	}
}
