package cuda

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal/internal/compilecache"
)

func TestFaultsAreRememberedForAWhile(t *testing.T) {
	c := cache{compilecache.Dir(filepath.Join(t.TempDir(), "cache"))}
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
	if left, _ := os.ReadDir(string(c.dir)); len(left) != 0 {
		t.Error("an old fault's mark stays")
	}
	off := cache{}
	off.markFault("a")
	if off.faultedLately() {
		t.Error("a cache that is off remembers")
	}
}
