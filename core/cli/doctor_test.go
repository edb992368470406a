package cli

import (
	"strings"
	"testing"
)

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
