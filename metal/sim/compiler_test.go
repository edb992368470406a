package sim

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/compilecache"
)

// TestBuildOnce: what was built of the same content is not built again, and what
// fails leaves nothing behind.
func TestBuildOnce(t *testing.T) {
	touch, err := exec.LookPath("touch")
	if err != nil {
		t.Skip("touch stands in for a compiler:", err)
	}
	c := &compiler{path: touch, cache: compilecache.Dir(filepath.Join(t.TempDir(), "cache"))}
	built := 0
	build := func(text, out string) (string, error) {
		return c.build(t.Context(), []string{"k.metal"}, map[string]string{"kernels.cc": text}, func(run func(args ...string) error) error {
			built++
			return run(out)
		})
	}
	first, err := build("a", "out")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"a": true, "b": false} {
		if path, err := build(text, "out"); err != nil || (path == first) != want {
			t.Errorf("content %q is built at %q, %v, the first at %q", text, path, err, first)
		}
	}
	if built != 2 {
		t.Errorf("two contents are built %d times", built)
	}
	if _, err := build("c", "no/such/folder"); !errors.Is(err, metal.ErrCompile) {
		t.Errorf("error is %v, want one of the compiler", err)
	}
	if left, _ := filepath.Glob(c.cache.Path(compilecache.NewName)); len(left) > 0 {
		t.Errorf("%v are left behind", left)
	}
}
