package zmlx

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/history"
)

// The figures in docs/results.md are those that the import gives.
func TestDocumentedFigures(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, published...)
	want := []string{}
	for _, m := range d.Controls {
		if m.Phase == "decode" && m.Sessions >= 5 {
			name := m.Model[strings.Index(m.Model, "/")+1:]
			want = append(want, fmt.Sprintf("| %s | %d | %d | %d | %.1f | %.1f | %.1f | %.1f %% | %.1f %% |", name, m.Tokens, m.Sessions, m.Days, m.Min, m.Median, m.Max, 100*m.Range, 100*m.Within))
		}
	}
	wins, clear := 0, 0
	for _, p := range d.Patches {
		if p.Phase == "decode" {
			wins, clear = wins+p.Wins, clear+p.Clear
		}
	}
	want = append(want, fmt.Sprintf("Of %d published decode wins, %d of them are larger", wins, clear))
	if len(want) != 5 {
		t.Errorf("%d figures", len(want))
	}
	for _, w := range want {
		if !strings.Contains(string(raw), w) {
			t.Errorf("docs/results.md does not hold %q", w)
		}
	}
	// Every answer is explained there.
	for _, s := range []history.Support{history.Supported, history.Together, history.NotSupported, history.Unknown, history.NoWin, history.NotMeasured} {
		if !strings.Contains(string(raw), "| "+string(s)+" |") {
			t.Errorf("docs/results.md does not explain %q", s)
		}
	}
}
