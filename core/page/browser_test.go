package page

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// TestInABrowser looks at pages as people do: nothing is cut, lies on other text or
// reaches out of a phone's screen, nothing is loaded, and axe finds no fault. It needs
// what scripts/browser.sh installs.
func TestInABrowser(t *testing.T) {
	tools, browser := os.Getenv("ASSAY_BROWSER_TOOLS"), os.Getenv("ASSAY_BROWSER")
	if tools == "" || browser == "" {
		t.Skip("needs a browser, playwright and axe: make test-browser installs what it can of them and runs this test")
	}
	dir := t.TempDir()
	names := []string{"fused", "slow", "a-variant-with-a-name-of-45-characters-in-all", "e3", "e4", "e5", "e6"}
	speeds := map[string]float64{}
	for i, name := range names {
		speeds[name] = 1.1 - 0.1*float64(i)
	}
	sweep := fakeresult.Options{Experiment: "sweep", Cases: []string{"tokens=1", "tokens=16", "tokens=256"}, Phases: []string{"decode", "prefill"}}
	place(t, filepath.Join(dir, "sweep.json"), sweep)
	place(t, filepath.Join(dir, "quantities.json"), fakeresult.EveryQuantity())
	place(t, filepath.Join(dir, "arms.json"), fakeresult.Options{Experiment: "arms", Variants: speeds, Order: names, Noise: 0.02, Change: func(r *record.Result) {
		r.Experiment.Source = strings.Repeat("a = 1 # "+strings.Repeat("long ", 60)+"\n", 3)
		r.Failures = []record.Failure{{Case: "default", Round: 3, Stage: "visit", Message: strings.Repeat("unbroken", 40), Panic: []string{strings.Repeat("frame ", 60)}}}
		r.Findings = []record.Finding{{Case: "default", Kind: "knee", Summary: "the fastest is 20", Detail: strings.Repeat("1.000× ", 40)}}
		r.Experiment.Metadata["note"] = json.RawMessage(fmt.Sprintf("%q", strings.Repeat("x", 300)))
	}})
	written, err := Folder(dir, "1", filepath.Base)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(pages) != 4 {
		t.Fatalf("%v, index %s, error %v", pages, written.Index, err)
	}
	out, err := exec.Command("node", append([]string{"testdata/browser.mjs", tools, browser}, pages...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}
