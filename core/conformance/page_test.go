package conformance

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The page that outcomes point to has the section, and lists the rule.
func TestRulesAreExplained(t *testing.T) {
	text, err := os.ReadFile("../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	notAnchor := regexp.MustCompile(`[^a-z0-9 -]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		anchors[strings.ReplaceAll(notAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	for _, r := range rules {
		if anchor, ours := strings.CutPrefix(r.Page, "docs/plugins.md#"); !ours || !anchors[anchor] {
			t.Errorf("%s: there is no section %s", r.ID, r.Page)
		}
		if row := fmt.Sprintf("| `%s` | %s |\n", r.ID, r.Expected); !strings.Contains(string(text), row) {
			t.Errorf("docs/plugins.md lacks the row %s", row)
		}
	}
}
