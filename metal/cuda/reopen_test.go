package cuda

import (
	"errors"
	"os"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/compilecache"
	"github.com/assay-bench/assay/metal/internal/front"
)

// TestOpenAgain opens a GPU several times in one process while lines are asked
// for, and then not any more: the driver keeps what it was asked for.
func TestOpenAgain(t *testing.T) {
	c := cache{compilecache.Dir(t.TempDir())}
	for i := range 4 {
		if i < 3 {
			c.markFault("a")
		} else {
			c.forgetFault("a")
		}
		dev, err := Open(Options{CacheDir: string(c.dir)})
		if errors.Is(err, metal.ErrUnavailable) {
			t.Skip("the test opens a GPU again and again:", err)
		}
		if err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
		if d := dev.(*front.Device).Backend().(*device); (i < 3) != (d.pipe != "") {
			t.Errorf("attempt %d: dump %q, pipe %q", i, d.dump, d.pipe)
		} else if i < 3 {
			if info, err := os.Stat(d.pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
				t.Errorf("attempt %d: pipe %v, %v", i, info, err)
			}
		}
		b, err := dev.NewBuffer(16)
		if err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
		b.Release()
		if err := dev.Close(); err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
}
