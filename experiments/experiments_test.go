// Package experiments_test holds the shipped experiments to what they promise:
// they are valid as they stand, for every effort and model.
package experiments_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build makes the command and plugins.
func build(t *testing.T, names ...string) (assay, plugins string) {
	t.Helper()
	dir := t.TempDir()
	assay, plugins = filepath.Join(dir, "assay"), filepath.Join(dir, "plugins")
	targets := map[string]string{assay: "../core"}
	for _, p := range names {
		targets[filepath.Join(plugins, "assay-plugin-"+p)] = "../plugins/" + p
	}
	for out, pkg := range targets {
		if text, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, pkg).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", pkg, err, text)
		}
	}
	return assay, plugins
}

func TestShippedExperimentsAreValid(t *testing.T) {
	assay, plugins := build(t, "gather-qmm", "moe-mlp", "slime", "bisect")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		vars []string
		want string
	}{
		{nil, "4 experiments, 4 cases"},
		{[]string{"effort=thorough"}, "4 experiments, 24 cases"},
		{[]string{"model=tiny", "device=cpu"}, "4 experiments, 4 cases"},
		{[]string{"model=lfm2-8b-a1b", "dtype=float16"}, "4 experiments, 4 cases"},
		{[]string{"model=glm-4.7-flash", "device=sim"}, "4 experiments, 4 cases"},
	} {
		args := []string{"validate", "--plugin-dir", plugins}
		for _, v := range tt.vars {
			args = append(args, "--var="+v)
		}
		cmd := exec.Command(assay, append(args, here)...)
		cmd.Dir = t.TempDir()
		text, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(text), tt.want) {
			t.Errorf("%v: %v, want %q\n%s", tt.vars, err, tt.want, text)
		}
	}
	if exec.Command("git", "rev-parse", "-q", "--verify", "HEAD^{commit}").Run() == nil { // else there is no base
		cmd := exec.Command(assay, "validate", "--plugin-dir", plugins, "--var=base=HEAD", filepath.Join(here, "pull-request"))
		cmd.Dir = t.TempDir()
		if text, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(text), "1 experiment, 1 case, 2 variants") {
			t.Errorf("pull-request: %v\n%s", err, text)
		}
	}
	cmd := exec.Command(assay, "validate", "--plugin-dir", plugins, "--var=effort=quik", here)
	cmd.Dir = t.TempDir()
	if text, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(text), "quick or thorough") {
		t.Errorf("effort=quik: %v, want advice\n%s", err, text)
	}
}
