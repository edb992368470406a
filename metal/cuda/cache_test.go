package cuda

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestCache(t *testing.T) {
	c := cache{filepath.Join(t.TempDir(), "deep", "cache")}
	k := keyOf("source", []string{"-a"}, "sm_90", "13.0")
	if _, ok := c.get(k); ok {
		t.Fatal("an empty cache has something")
	}
	c.put(k, []byte("machine code"))
	if got, ok := c.get(k); !ok || string(got) != "machine code" {
		t.Fatalf("got %q, %t", got, ok)
	}
	if err := os.WriteFile(c.path(k), []byte("torn in the middle of being written, with no valid sum"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.get(k); ok {
		t.Error("a damaged file is taken for machine code")
	}
	c.drop(k)
	if left, _ := os.ReadDir(c.dir); len(left) != 0 {
		t.Errorf("%d files are left behind", len(left))
	}
	off := cache{}
	off.put(k, []byte("x"))
	if _, ok := off.get(k); ok {
		t.Error("a cache that is off has something")
	}
}

func TestFaultsAreRememberedForAWhile(t *testing.T) {
	c := cache{filepath.Join(t.TempDir(), "cache")}
	if c.faultedLately() {
		t.Error("nothing ran, and something is said to have faulted")
	}
	c.markFault("a")
	c.markFault("b")
	c.forgetFault("a")
	if !c.faultedLately() {
		t.Error("forgetting one fault forgets the other")
	}
	old := time.Now().Add(-2 * faultKept)
	if err := os.Chtimes(c.faultPath("b"), old, old); err != nil {
		t.Fatal(err)
	}
	if c.faultedLately() {
		t.Error("an old fault counts")
	}
	if left, _ := os.ReadDir(c.dir); len(left) != 0 {
		t.Error("an old fault's mark stays")
	}
	off := cache{}
	off.markFault("a")
	if off.faultedLately() {
		t.Error("a cache that is off remembers")
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
