package main

import (
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
)

func TestExec(t *testing.T) {
	r := sdktest.Run(t, plugin(), `{"dir": "/", "phase": {"nothing": {"run": ["true"]}, "folder": {"run": ["pwd"]}}}`)
	if len(r.Samples["nothing"]) != 3 || len(r.Samples["folder"]) != 3 || r.Metrics["output"] != 2 {
		t.Errorf("samples %v, metrics %v", r.Samples, r.Metrics)
	}
}

func TestFaults(t *testing.T) {
	h := sdktest.Start(t, plugin())
	if d := h.Validate(`{"dir": "/", "phase": {"a": {"run": []}}}`); len(d) != 1 || d[0].GetPath()[1].GetKey() != "a" {
		t.Errorf("nothing to run: %v", d)
	}
	if said := h.Refusal(`{"dir": "/"}`); !strings.Contains(said, `At least 1 "phase" block`) {
		t.Errorf("no phase: %q", said)
	}
	h.Open("auto")
	for _, run := range []string{`["false"]`, `["/no/such/program"]`} {
		_, d := h.Prepare(run, `{"dir": "/", "phase": {"a": {"run": `+run+`}}}`, 1)
		if len(d) != 1 || d[0].GetSummary() != "the program fails" || d[0].GetDetail() == "" {
			t.Errorf("%s: %v", run, d)
		}
	}
}

// TestDocs holds docs/plugins.md to what it shows of this plugin.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n### Phases that the configuration names\n")
	section, _, _ = strings.Cut(section, "\n### ")
	shown := strings.Split(section, "```")
	if !found || len(shown) < 3 {
		t.Fatal("docs/plugins.md shows nothing of it")
	}
	checked := 0
	for i := 1; i < len(shown); i += 2 {
		if text, ok := strings.CutPrefix(shown[i], "go\n"); ok {
			checked++
			if !strings.Contains(string(source), text) {
				t.Errorf("docs/plugins.md shows what main.go does not have:\n%s", text)
			}
		}
	}
	if checked == 0 {
		t.Error("no Go is shown")
	}
}
