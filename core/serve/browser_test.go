package serve

import (
	"bufio"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// TestInABrowser follows a session as people do: what it does appears by itself, what
// is focused stays so, nothing is loaded from elsewhere, and axe finds no fault. It
// needs what scripts/browser.sh installs.
func TestInABrowser(t *testing.T) {
	tools, browser := os.Getenv("ASSAY_BROWSER_TOOLS"), os.Getenv("ASSAY_BROWSER")
	if tools == "" || browser == "" {
		t.Skip("needs a browser, playwright and axe: make test-browser installs what it can of them and runs this test")
	}
	s := newSite(t)
	server, err := Open(Options{Folder: s.folder, Shown: filepath.Base, GoOn: func(string) string { return "`assay resume`" }, Warn: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	s.place("gate/20260228T120000Z-000000.json", fakeresult.Options{Experiment: "gate", Session: "20260228T120000Z-000000"})
	j := s.begin(first)
	j.add(record.ExperimentEvent{Number: 1, Of: 1}, record.CaseEvent{Case: "bits=4", Number: 1, Of: 2})
	steps := map[string]func(){
		"round 1": func() { j.round(1) },
		"round 2": func() { j.round(2) },
		"end": func() {
			s.place("gate/"+first+".json", fakeresult.Options{Experiment: "gate", Session: first})
			j.add(record.ResultEvent{Path: filepath.Join(s.folder, "gate", first+".json"), Verdict: "pass"}, record.SessionEndEvent{})
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		},
	}
	web := httptest.NewServer(server.Handler())
	defer web.Close()
	steps["stop"] = web.Close
	cmd := exec.Command("node", "testdata/browser.mjs", tools, browser, web.URL, "/-/live/"+first)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if step := steps[lines.Text()]; step != nil {
			step()
		} else {
			t.Log(lines.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func (j *journal) round(n int) {
	j.add(record.RoundBeginEvent{Case: "bits=4", Round: record.Round{Index: n}, Goal: 8, Total: 16, ETA: 125e9},
		record.StepEvent{Case: "bits=4", Stage: "visit", Variant: "fused", Phase: "decode", Visit: 5},
		record.RoundEndEvent{Case: "bits=4", Counted: true, CountedBy: n, Goal: 8})
}
