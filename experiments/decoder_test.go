package experiments_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/record"
)

func TestDecoderExperimentIsValid(t *testing.T) {
	assay, plugins := build(t, "moe-mlp", "bisect")
	for _, tt := range []struct {
		vars []string
		want string
	}{
		{nil, "2 experiments, 2 cases, 6 variants"},
		{[]string{"contexts=[1,512,8192,32768]", "fill=random"}, "2 experiments, 5 cases, 18 variants"},
		{[]string{"model=llama-3-8b", "dtype=float16", "layers=32"}, "2 experiments, 2 cases, 5 variants"},
		{[]string{"model=tiny", "device=cpu"}, "2 experiments, 2 cases, 6 variants"},
	} {
		args := []string{"validate", "--plugin-dir", plugins}
		for _, v := range tt.vars {
			args = append(args, "--var="+v)
		}
		text, err := exec.Command(assay, append(args, "decoder")...).CombinedOutput()
		if err != nil || !strings.Contains(string(text), tt.want) {
			t.Errorf("%v: %v, want %q\n%s", tt.vars, err, tt.want, text)
		}
	}
}

// Small models run on a processor; what they are worth is nobody's business here.
func TestDecoderExperimentRuns(t *testing.T) {
	assay, plugins := build(t, "moe-mlp", "bisect")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, vars := range [][]string{
		{"model=tiny", "dtype=float32", "contexts=[20]"},
	} {
		dir := t.TempDir()
		args := []string{"run", "--plugin-dir", plugins, "--var=device=cpu", "--var=rounds=1", "--var=max_rounds=1", "--var=visit=2ms"}
		for _, v := range vars {
			args = append(args, "--var="+v)
		}
		cmd := exec.Command(assay, append(args, filepath.Join(here, "decoder"))...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "ASSAY_LOCK="+filepath.Join(dir, "lock"), "ASSAY_HISTORY=off", "NO_COLOR=1")
		text, err := cmd.CombinedOutput()
		var status *exec.ExitError
		if err != nil && !(errors.As(err, &status) && (status.ExitCode() == 1 || status.ExitCode() == 3)) {
			t.Fatalf("%v: %v\n%s", vars, err, text)
		}
		for _, name := range []string{"decoder", "decoder_bisect"} {
			d, err := record.ReadResult(filepath.Join(dir, "results", name+".json"))
			if err != nil {
				t.Fatalf("%v: %v\n%s", vars, err, text)
			}
			isSound(t, d, vars)
		}
	}
}

// isSound: every arm ran, is a whole model, and computes what the unfused one does.
func isSound(t *testing.T, d *record.Result, vars []string) {
	t.Helper()
	for _, c := range d.Cases {
		for _, v := range c.Variants {
			if v.Failure != "" || v.Facts["scope"] != "model" || v.PeakBytes == 0 {
				t.Errorf("%v: %s: %s: failure %q, facts %v, %d bytes", vars, c.ID, v.Name, v.Failure, v.Facts, v.PeakBytes)
			}
			if tokens := v.Metrics["first_divergence"]; v.Facts["dtype"] == "f32" && tokens != 16 {
				t.Errorf("%v: %s: %s chose %g tokens as the unfused model, want all 16", vars, c.ID, v.Name, tokens)
			}
			for _, check := range v.Checks {
				if !check.Passed {
					t.Errorf("%v: %s: %s: %+v", vars, c.ID, v.Name, check)
				}
			}
		}
	}
}
