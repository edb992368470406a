// Package mlx_test runs the plugin mlx in environments that hold MLX for a processor.
// `make test-foreign` makes them and runs this.
package mlx_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/conformance"
	"github.com/assay-bench/assay/core/record"
)

const older, newer = "mlx-0.31.2-lm-0.31.3", "mlx-0.32.4-lm-0.32.2"

// installed is the folder that scripts/foreign.sh made.
func installed(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("ASSAY_FOREIGN")
	if folder == "" {
		t.Skip("ASSAY_FOREIGN names no folder of foreign programs; make test-foreign installs them and runs this test")
	}
	if _, err := os.Stat(filepath.Join(folder, "done", "plugin")); err != nil {
		t.Fatalf("%v; make it with: sh scripts/foreign.sh %s", err, folder)
	}
	return folder
}

// programs are the command and a folder of plugins, mlx of the newer environment
// among them.
func programs(t *testing.T, folder string) (assay, plugins string) {
	t.Helper()
	dir := t.TempDir()
	assay, plugins = filepath.Join(dir, "assay"), filepath.Join(dir, "plugins")
	for out, pkg := range map[string]string{
		assay: "../../core", filepath.Join(plugins, "assay-plugin-gather-qmm"): "../../plugins/gather-qmm",
		filepath.Join(plugins, "assay-plugin-moe-mlp"): "../../plugins/moe-mlp",
	} {
		if text, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, pkg).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", pkg, err, text)
		}
	}
	if err := os.Symlink(filepath.Join(folder, newer, "bin/assay-plugin-mlx"), filepath.Join(plugins, "assay-plugin-mlx")); err != nil {
		t.Fatal(err)
	}
	return assay, plugins
}

func TestMLX(t *testing.T) {
	folder := installed(t)
	assay, plugins := programs(t, folder)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	command := func(t *testing.T, dir string, args ...string) string {
		t.Helper()
		cmd := exec.Command(assay, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NO_COLOR=1", "ASSAY_HISTORY=off", "ASSAY_PLUGIN_DIR="+plugins)
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("assay %s: %v\n%s", strings.Join(args, " "), err, text)
		}
		return string(text)
	}
	// measured is what a session of one round gives; the verdict is nobody's business.
	measured := func(t *testing.T, name string, vars ...string) *record.Result {
		t.Helper()
		dir := t.TempDir()
		args := []string{"run", "--var", "folder=" + folder}
		for _, v := range vars {
			args = append(args, "--var", v)
		}
		t.Log(command(t, dir, append(args, filepath.Join(here, "testdata", name))...))
		return result(t, dir, name)
	}

	t.Run("in Python", func(t *testing.T) {
		cmd := exec.Command(filepath.Join(folder, newer, "bin/python"), "-m", "unittest", "discover", "-s", "../../plugins/mlx/tests")
		cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH=")
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "skipped") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("experiments are valid", func(t *testing.T) {
		for want, args := range map[string][]string{
			"4 experiments, 11 cases": {"."}, "4 experiments, 5 cases": {"--var=shapes=tiny", "--var=tokens=[4]", "--var=fused=true", "--var=device=cpu", "."},
			"1 experiment, 1 case": {"--var=old=" + folder + "/" + older, "--var=new=" + folder + "/" + newer, "--var=model=" + folder + "/models/mlx", "versions"},
		} {
			if said := command(t, here, append([]string{"validate"}, args...)...); !strings.Contains(said, want) {
				t.Errorf("%v: %q is not in\n%s", args, want, said)
			}
		}
	})
	t.Run("two engines, one problem", func(t *testing.T) {
		d := measured(t, "engines")
		for name, version := range map[string]string{"op": "0.32.4", "old": "0.31.2", "block": "0.32.4"} {
			p := prepared(t, d, name)
			if p.Facts["mlx_version"] != version || p.Facts["backend"] != "cpu" {
				t.Errorf("%s: facts %v, want mlx %s on cpu", name, p.Facts, version)
			}
			passed(t, d, name, "decode_as_baseline", "prefill_as_baseline")
		}
		if d.Metadata.MLXVersion != nil || !strings.Contains(d.Metadata.MLXReason, "0.31.2 and 0.32.4") {
			t.Errorf("mlx_version %v, %q; want both versions named", d.Metadata.MLXVersion, d.Metadata.MLXReason)
		}
		if got := prepared(t, d, "old").Facts["mlx_max_ops_per_buffer"]; got != "20" {
			t.Errorf("MLX_MAX_OPS_PER_BUFFER is %q in the facts, want 20", got)
		}
	})
	t.Run("a model in two versions, and patched", func(t *testing.T) {
		d := measured(t, "model")
		for name, patched := range map[string]bool{"old": false, "new": false, "patched": true} {
			p := prepared(t, d, name)
			if (p.Metrics["patched_modules"] > 0) != patched || len(strings.Fields(p.Outputs["tokens"])) != 32 {
				t.Errorf("%s: metrics %v, outputs %v; want 32 tokens, patched %v", name, p.Metrics, p.Outputs, patched)
			}
			if name != "old" {
				passed(t, d, name, "tokens_as_baseline", "logits_as_baseline")
			}
		}
	})
	t.Run("a checkpoint gives the tokens of mlx-lm", func(t *testing.T) {
		made := filepath.Join(t.TempDir(), "made")
		if text, err := exec.Command(filepath.Join(folder, newer, "bin/python"), "testdata/decoder/models.py", made).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		models := []string{filepath.Join(folder, "models", "mlx"), filepath.Join(made, "qwen3"), filepath.Join(made, "llama"), filepath.Join(made, "mixtral")}
		d := measured(t, "decoder", `models=["`+strings.Join(models, `","`)+`"]`)
		if len(d.Cases) != len(models) {
			t.Fatalf("%d cases of %d models", len(d.Cases), len(models))
		}
		for _, c := range d.Cases {
			of := c.Rounds[len(c.Rounds)-1].Prepared
			for _, p := range of {
				if p.Outputs["tokens"] != of[0].Outputs["tokens"] || len(strings.Fields(p.Outputs["tokens"])) != 32 {
					t.Errorf("%s: %s chose %s, want 32 tokens as %s: %s", c.ID, p.Variant, p.Outputs["tokens"], of[0].Variant, of[0].Outputs["tokens"])
				}
			}
			for _, v := range c.Variants {
				if v.Failure != "" {
					t.Errorf("%s: %s: %s", c.ID, v.Name, v.Failure)
				}
				if v.Name != "mlx-lm" {
					for _, name := range []string{"tokens_as_baseline", "logits_as_baseline"} {
						if k := slices.IndexFunc(v.Checks, func(c record.Check) bool { return c.Name == name }); k < 0 || !v.Checks[k].Passed {
							t.Errorf("%s: %s: no check %s that passed among %+v", c.ID, v.Name, name, v.Checks)
						}
					}
				}
			}
		}
	})
	t.Run("questions", func(t *testing.T) {
		dir := t.TempDir()
		if said := command(t, here, "validate", "--var", "folder="+folder, "testdata/questions"); !strings.Contains(said, "4 experiments, 6 cases") {
			t.Error(said)
		}
		inOneRound(t, filepath.Join(here, "testdata/questions"), filepath.Join(dir, "questions"))
		cmd := exec.Command(assay, "run", "--var", "folder="+folder, "--var", "patches="+here, "questions")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NO_COLOR=1", "ASSAY_HISTORY=off", "ASSAY_PLUGIN_DIR="+plugins)
		text, err := cmd.CombinedOutput()
		t.Logf("%s", text)
		if cmd.ProcessState.ExitCode() != 1 {
			t.Fatalf("%v; want exit status 1, by the patch that does nothing", err)
		}
		for _, name := range []string{"versions", "patched", "memory", "gap"} {
			d := result(t, dir, name)
			if d.Status != record.Complete || len(d.Failures) > 0 {
				t.Errorf("%s: status %s, failures %+v", name, d.Status, d.Failures)
			}
		}
		for _, a := range result(t, dir, "patched").Cases[0].Asserts {
			if want := a.Variant != "idle"; (a.Verdict == "pass") != want {
				t.Errorf("patched: %s: %s %s", a.Variant, a.Verdict, a.Message)
			}
		}
		for _, c := range result(t, dir, "memory").Cases {
			for _, v := range c.Rounds[0].Visits {
				if v.PeakBytes <= 0 {
					t.Errorf("memory, %s: %s has no peak", c.ID, v.Variant)
				}
			}
		}
		for _, c := range result(t, dir, "gap").Cases {
			i := slices.IndexFunc(c.Variants, func(v record.Variant) bool { return v.Name == "mlx" })
			if p := c.Variants[i].Phases["decode"]; p.WallNs.Value <= 0 || p.DeviceNs <= 0 || p.EncodeNs <= 0 {
				t.Errorf("gap, %s: times of mlx %+v", c.ID, p)
			}
		}
	})
	// plugins/mlx/README.md: what a newcomer has, in a folder of its own.
	t.Run("a first experiment", func(t *testing.T) {
		dir := t.TempDir()
		page, err := os.ReadFile("../../plugins/mlx/README.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"patched.hcl", "mypatch.py"} {
			text, err := os.ReadFile(filepath.Join("first", name))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(page), "\n"+string(text)+"```") {
				t.Errorf("plugins/mlx/README.md lacks experiments/mlx/first/%s", name)
			}
		}
		inOneRound(t, filepath.Join(here, "first"), dir)
		model := "model=" + folder + "/models/mlx"
		command(t, here, "validate", "--var", model, "first/patched.hcl")
		command(t, dir, "run", "--var", model, "patched.hcl")
		d := result(t, dir, "patched")
		if p := prepared(t, d, "patched"); p.Metrics["patched_modules"] == 0 {
			t.Errorf("metrics %v", p.Metrics)
		}
		passed(t, d, "patched", "tokens_as_baseline", "logits_as_baseline")
	})
	t.Run("rules", func(t *testing.T) {
		for config, rules := range map[string][]string{
			`{"op":{"shapes":"tiny","dtype":"float32","prompt_tokens":4}}`:                                                  {"schema", "documented", "wrong-configuration", "prepared-facts", "times", "heartbeat", "handles", "seed", "release", "stdout"},
			`{"model":{"path":"` + folder + `/models/mlx","context":17,"tokens":2,"prompt_tokens":16,"fidelity_tokens":4}}`: {"prepared-facts", "iterations", "handles", "release"},
		} {
			file := filepath.Join(t.TempDir(), "config.json")
			if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := conformance.Check(t.Context(), conformance.Options{Path: filepath.Join(plugins, "assay-plugin-mlx"), Config: file, Device: "cpu", Only: rules})
			if err != nil {
				t.Fatalf("%s: %v", config, err)
			}
			for _, o := range r.Rules {
				if o.Status != conformance.Pass && o.Status != conformance.Unclear {
					t.Errorf("%s: %s: %s %s", config, o.ID, o.Status, o.Seen)
				}
			}
		}
	})
}

var (
	guardrail = regexp.MustCompile(`(?m)^  guardrail "[a-z_]+" (\{.*\}|\{\n(    .*\n)+  \})\n`)
	measure   = regexp.MustCompile(`(?m)^  measure \{\n(    .*\n)+  \}\n`)
	last      = regexp.MustCompile(`(?m)^\}\n\z`)
)

// inOneRound copies experiments without their guardrails, which ask for as many rounds
// as a verdict needs.
func inOneRound(t *testing.T, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err == nil {
		err = os.MkdirAll(to, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.IsDir() { // what Python compiled
			continue
		}
		text, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "experiment \"") {
			text = measure.ReplaceAll(guardrail.ReplaceAll(text, nil), nil)
			text = last.ReplaceAll(text, []byte("  measure {\n    rounds = 1\n    max_rounds = 1\n    passes = 1\n    visit = \"2ms\"\n    warmup_max = \"0s\"\n  }\n}\n"))
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func result(t *testing.T, dir, name string) *record.Result {
	t.Helper()
	d, err := record.ReadResult(filepath.Join(dir, "results", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// prepared is what a variant said of itself in the last round.
func prepared(t *testing.T, d *record.Result, variant string) *record.Prepared {
	t.Helper()
	rounds := d.Cases[0].Rounds
	of := rounds[len(rounds)-1].Prepared
	i := slices.IndexFunc(of, func(p record.Prepared) bool { return p.Variant == variant })
	if i < 0 {
		t.Fatalf("%s was not prepared: %+v", variant, d.Failures)
	}
	return &of[i]
}

// passed says which of the checks a variant did not have, or did not pass.
func passed(t *testing.T, d *record.Result, variant string, names ...string) {
	t.Helper()
	i := slices.IndexFunc(d.Cases[0].Variants, func(v record.Variant) bool { return v.Name == variant })
	checks := d.Cases[0].Variants[i].Checks
	for _, name := range names {
		if k := slices.IndexFunc(checks, func(c record.Check) bool { return c.Name == name }); k < 0 || !checks[k].Passed {
			t.Errorf("%s: no check %s that passed among %+v", variant, name, checks)
		}
	}
}
