package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/machine"
)

func TestLockThatIsHeldIsSaidAndNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if f := checkLock(t.Context(), path); !f.OK || !strings.Contains(f.Note, "free") {
		t.Errorf("%+v, want it free", f)
	}
	l, err := machine.Acquire(context.Background(), path, "session one", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if f := checkLock(t.Context(), path); f.OK || !strings.Contains(f.Note, "session one") || f.Fix == "" {
		t.Errorf("%+v, want it held by session one", f)
	}
	if f := checkLock(t.Context(), filepath.Join(t.TempDir(), "no folder", "lock")); f.OK || !strings.Contains(f.Note, "ASSAY_LOCK") {
		t.Errorf("%+v, want the way out", f)
	}
}

// Doctor blames other programs for what they do now, and assay's own run of a
// moment ago, which the load average still holds, for nothing.
func TestLoadIsThatOfOtherProgramsNow(t *testing.T) {
	for name, c := range map[string]struct {
		busy      float64
		known     bool
		load1     float64
		ok        bool
		note, fix string
	}{
		"right after a run":         {0.02, true, 1.9, true, "other programs keep 0.02 cores busy now", ""},
		"beside a busy program":     {1.04, true, 0.1, false, "other programs keep 1.04 cores busy now", "close them"},
		"not told, and quiet":       {0, false, 0.2, true, "0.20 over the last minute", ""},
		"not told, and not quiet":   {0, false, 1.9, false, "does not tell whose", "if assay measured in the last minutes"},
		"nothing known of the load": {0, false, 0, true, "over the last minute", ""},
	} {
		f := checkLoad(c.busy, c.known, c.load1)
		if f.OK != c.ok || !strings.Contains(f.Note, c.note) || !strings.Contains(f.Fix, c.fix) || (f.Fix == "") != c.ok {
			t.Errorf("%s: %+v; want ok %v, a note with %q and a fix with %q", name, f, c.ok, c.note, c.fix)
		}
	}
}

func TestQuarantineIsNamedOncePerFolder(t *testing.T) {
	quarantined := func(path string) bool { return filepath.Dir(path) == "/it's" }
	out := checkQuarantine([]string{"/x/assay", "/it's/assay-plugin-a", "/it's/assay-plugin-b"}, quarantined)
	if len(out) != 1 || out[0].OK || !strings.Contains(out[0].Note, "/it's/assay-plugin-a") || !strings.HasSuffix(out[0].Fix, `xattr -dr com.apple.quarantine '/it'\''s'`) {
		t.Errorf("%+v", out)
	}
}
