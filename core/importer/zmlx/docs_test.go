package zmlx

import (
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/history"
)

// Every answer is explained in docs/results.md, and every kind of file named.
func TestDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []history.Support{history.Supported, history.Contradictory, history.Together, history.NotSupported, history.Unknown, history.NoWin, history.NotMeasured} {
		if !strings.Contains(string(raw), "| "+string(s)+" |") {
			t.Errorf("docs/results.md does not explain %q", s)
		}
	}
	for _, s := range shapes {
		if !strings.Contains(string(raw), "| "+s.kind+" |") {
			t.Errorf("docs/results.md does not name files of the kind %q", s.kind)
		}
	}
}
