package foreign_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/conformance"
)

// unreachable is what cargo says of a registry that it has no way to.
var unreachable = regexp.MustCompile(`(?i)could not (resolve|connect)|timed out|timeout|network|proxy|failed to (download|fetch|query)|ssl|certificate`)

// A plugin in Rust, from nothing: `assay plugin new` writes it, cargo builds it as
// it is, and it keeps every rule of the protocol.
func TestPluginInRust(t *testing.T) {
	installed := os.Getenv("ASSAY_FOREIGN")
	if installed == "" {
		t.Skip("ASSAY_FOREIGN names no folder for what is built; make test-foreign runs this test")
	}
	if out, err := exec.Command("cargo", "--version").CombinedOutput(); err != nil { // or a rustup without a toolchain
		t.Skipf("needs cargo: %v\n%s", err, out)
	}
	assay, _ := build(t)
	folder := t.TempDir()
	plugin := filepath.Join(folder, "assay-plugin-summed")
	start := func(dir string, argv ...string) (string, error) {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CARGO_TARGET_DIR="+filepath.Join(installed, "cargo"), "NO_COLOR=1",
			"XDG_STATE_HOME="+filepath.Join(folder, "state"), "ASSAY_HISTORY="+filepath.Join(folder, "history.jsonl"))
		text, err := cmd.CombinedOutput()
		return string(text), err
	}
	run := func(dir string, argv ...string) string {
		t.Helper()
		text, err := start(dir, argv...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, text)
		}
		return text
	}
	run(folder, assay, "plugin", "new", "summed", "--lang", "rust")
	if text, err := start(plugin, "cargo", "fetch"); err != nil && unreachable.MatchString(text) {
		t.Skipf("crates cannot be fetched: %s", text)
	} else if err != nil {
		t.Fatalf("cargo fetch: %v\n%s", err, text)
	}
	if text := run(plugin, "cargo", "test", "--release"); strings.Contains(text, "warning:") {
		t.Error(text)
	}
	run(plugin, "cargo", "build", "--release")
	run(plugin, "cargo", "fmt", "--check")
	binary := filepath.Join(installed, "cargo", "release", "assay-plugin-summed")
	text, _ := start(plugin, assay, "plugin", "check", "--json", binary) // its status is the report's
	var doc conformance.Document
	if i := strings.Index(text, "{"); i < 0 || json.NewDecoder(strings.NewReader(text[i:])).Decode(&doc) != nil || len(doc.Plugins) != 1 {
		t.Fatal(text)
	}
	for _, o := range doc.Plugins[0].Rules {
		switch o.Status {
		case conformance.Fail:
			t.Errorf("%s: %s", o.ID, o.Seen)
		case conformance.Unclear:
			t.Logf("%s: %s", o.ID, o.Seen)
		}
	}
	run(plugin, "cp", binary, ".assay/plugins/")
	run(plugin, assay, "trust")
	experiment := filepath.Join(plugin, "experiment.hcl")
	hcl, err := os.ReadFile(experiment)
	if err != nil {
		t.Fatal(err)
	}
	hcl = regexp.MustCompile(`(?m)^  (measure|guardrail) .*$`).ReplaceAll(hcl, nil)
	hcl = regexp.MustCompile(`\}\s*$`).ReplaceAll(hcl, []byte("  measure {\n    rounds = 1\n    passes = 1\n    visit  = \"5ms\"\n    budget = \"1s\"\n  }\n}\n"))
	if err := os.WriteFile(experiment, hcl, 0o600); err != nil {
		t.Fatal(err)
	}
	// Whether four sums beat one is not this test's question.
	if text := run(plugin, assay, "run", experiment); !regexp.MustCompile(`four .* call/s`).MatchString(text) {
		t.Error(text)
	}
}
