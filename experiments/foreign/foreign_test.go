// Package foreign_test measures programs that nobody here wrote: mlx-lm, mlx
// and two servers. `make test-foreign` installs them and runs this.
package foreign_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// build makes the command and the two plugins.
func build(t *testing.T) (assay, plugins string) {
	t.Helper()
	dir := t.TempDir()
	assay, plugins = filepath.Join(dir, "assay"), filepath.Join(dir, "plugins")
	targets := map[string]string{assay: "../../core"}
	for _, p := range []string{"command", "endpoint"} {
		targets[filepath.Join(plugins, "assay-plugin-"+p)] = "../../plugins/" + p
	}
	for out, pkg := range targets {
		if text, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, pkg).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", pkg, err, text)
		}
	}
	return assay, plugins
}

func TestExperimentsAreValid(t *testing.T) {
	assay, plugins := build(t)
	folder := t.TempDir()
	for _, program := range []string{
		"mlx-0.31.2-lm-0.31.3/bin/python", "mlx-0.32.4-lm-0.31.3/bin/python", "mlx-0.32.4-lm-0.32.2/bin/python",
		"mlx-0.32.4-lm-0.31.3/bin/mlx_lm.server", "mlx-0.32.4-lm-0.32.2/bin/mlx_lm.server", "llama-server",
	} {
		path := filepath.Join(folder, program)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text, err := exec.Command(assay, "validate", "--plugin-dir", plugins, "--var", "folder="+folder, ".").CombinedOutput()
	if err != nil || !strings.Contains(string(text), "4 experiments") {
		t.Errorf("%v\n%s", err, text)
	}
}

// arms are what tells the two programs of an experiment apart.
var arms = map[string]map[string]string{
	"mlx_lm":        {"old": "mlx-0.32.4-lm-0.31.3", "new": "mlx-0.32.4-lm-0.32.2"},
	"mlx":           {"old": "mlx-0.31.2-lm-0.31.3", "new": "mlx-0.32.4-lm-0.31.3"},
	"mlx_lm_server": {"old": "mlx-0.32.4-lm-0.31.3", "new": "mlx-0.32.4-lm-0.32.2"},
	"llama_server":  {"on": `"--flash-attn","on"`, "off": `"--flash-attn","off"`},
}

func TestForeignPrograms(t *testing.T) {
	installed := os.Getenv("ASSAY_FOREIGN")
	if installed == "" {
		t.Skip("ASSAY_FOREIGN names no folder of foreign programs; make test-foreign installs them and runs this test")
	}
	if _, err := os.Stat(filepath.Join(installed, "done", "check")); err != nil {
		t.Fatalf("%v; make it with: sh scripts/foreign.sh %s", err, installed)
	}
	assay, plugins := build(t)
	for name := range arms {
		t.Run(name, func(t *testing.T) {
			d := measure(t, assay, plugins, installed, name)
			if d.Status == record.Invalid {
				t.Log("the machine was too restless to answer: once more")
				d = measure(t, assay, plugins, installed, name)
			}
			hold(t, d, name)
		})
	}
}

// measure runs an experiment, and looks for what it left behind.
func measure(t *testing.T, assay, plugins, installed, name string) *record.Result {
	t.Helper()
	dir := t.TempDir()
	// A path of its own in every command line, so that processes of this
	// session can be told from any others of these programs.
	folder := filepath.Join(dir, "programs")
	if err := os.Symlink(installed, folder); err != nil {
		t.Fatal(err)
	}
	experiments, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(assay, "run", "--plugin-dir", plugins, "--only", name, "--var", "folder="+folder, experiments)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "ASSAY_HISTORY="+filepath.Join(dir, "history.jsonl"))
	began := time.Now()
	text, err := cmd.CombinedOutput()
	t.Logf("%s\n%v", text, time.Since(began).Round(time.Second))
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains([]int{1, 3}, exit.ExitCode()) {
		err = nil // the verdict is a fail, or none could be reached
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range processes(t, dir) {
		t.Errorf("still running: %s", line)
	}
	path := filepath.Join(dir, "results", name+".json")
	if text, err := exec.Command(assay, "explain", path).CombinedOutput(); err != nil {
		t.Errorf("explain: %v\n%s", err, text)
	}
	d, err := record.ReadResult(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// processes are the command lines that hold text.
func processes(t *testing.T, text string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(files) == 0 {
		t.Fatalf("no processes in /proc: %v", err)
	}
	var out []string
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(line), text) { // an error: it has ended
			out = append(out, filepath.Base(filepath.Dir(file))+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return out
}

// hold says what the document lacks. Which verdict the programs deserve is not
// for this test to say.
func hold(t *testing.T, d *record.Result, experiment string) {
	t.Helper()
	if d.Status != record.Complete || d.Verdict == "" || d.Verdict == "none" {
		t.Fatalf("status %s, verdict %s", d.Status, d.Verdict)
	}
	if len(d.Cases) != 1 || len(d.Cases[0].Judgements) == 0 || len(d.Cases[0].Rounds) == 0 {
		t.Fatalf("not one case with judgements and rounds: %+v", d.Cases)
	}
	c := d.Cases[0]
	seen := map[string]bool{}
	for _, v := range c.Variants {
		seen[v.Name] = true
		if v.Program < 0 || v.Program >= len(d.Programs) {
			t.Errorf("%s: program %d of %d", v.Name, v.Program, len(d.Programs))
		} else if p := d.Programs[v.Program]; p.Plugin.SHA256 == "" || p.Path == "" {
			t.Errorf("%s: its program has no digest or no path: %+v", v.Name, p)
		}
		if want := arms[experiment][v.Name]; !strings.Contains(string(v.Config), want) {
			t.Errorf("%s: %s is not in its configuration: %s", v.Name, want, v.Config)
		}
		for phase, p := range v.Phases {
			if p.Rounds == 0 {
				t.Errorf("%s: %s was never measured", v.Name, phase)
			}
		}
		held := slices.ContainsFunc(v.Checks, func(k record.Check) bool { return strings.HasSuffix(k.Name, "_as_baseline") })
		if len(v.Phases) == 0 || held == (v.Role == record.RoleBaseline) {
			t.Errorf("%s: phases %v, checks %+v; want its output held against the baseline's", v.Name, v.Phases, v.Checks)
		}
	}
	for name := range arms[experiment] {
		if !seen[name] {
			t.Errorf("%s is not in the document", name)
		}
	}

}
