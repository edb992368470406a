package report

import (
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
)

// The explanation that docs/results.md shows is what explain prints; one line
// is cut short there.
func TestDocumentedExplanation(t *testing.T) {
	page, err := os.ReadFile("../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	const begin = "  slow in decode, guardrail"
	_, shown, found := strings.Cut(string(page), "```\n"+begin)
	shown, _, _ = strings.Cut(begin+shown, "```")
	if !found {
		t.Fatal("docs/results.md shows no explanation")
	}
	printed := explained(t, fakeresult.Options{Variants: map[string]float64{"slow": 0.95}, Order: []string{"slow"}}, nil)
	for _, part := range strings.Split(shown, " …\n") {
		if !strings.Contains(printed, part) {
			t.Errorf("docs/results.md shows:\n%s\nexplain prints:\n%s", part, printed)
		}
	}
}
