package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/cli"
)

// TestMain is assay when assay starts itself, to look at a device.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(int(cli.Main(context.Background(), os.Args[1:], cli.Streams{Out: os.Stdout, Err: os.Stderr}, os.Getenv)))
	}
	os.Exit(m.Run())
}

// The study's repository builds, and its experiment is one that assay accepts.
func TestRepositoryAndExperiment(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the study builds two commits, and git is not installed")
	}
	module, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	env, err := environ(work)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	if err := makeRepository(t.Context(), work, module); err != nil {
		t.Fatal(err)
	}
	quiet := cli.Streams{Out: io.Discard, Err: io.Discard}
	if code := cli.Main(context.Background(), []string{"trust", filepath.Join(work, "study")}, quiet, os.Getenv); code != cli.Passed {
		t.Fatalf("trust: status %d", code) // validate asks what was built
	}
	dirs := map[string]bool{}
	for _, k := range kinds {
		for _, command := range []string{"build", "validate"} {
			args := []string{command, filepath.Join(work, "study")}
			for _, v := range k.vars {
				args = append(args, "--var", v)
			}
			var out, faults bytes.Buffer
			if code := cli.Main(context.Background(), args, cli.Streams{Out: &out, Err: &faults}, os.Getenv); code != 0 {
				t.Fatalf("%v: status %d\n%s%s", args, code, &out, &faults)
			}
			if command == "validate" && faults.Len() > 0 {
				t.Errorf("%v: %s", args, &faults)
			}
		}
		found, err := filepath.Glob(filepath.Join(work, "cache/assay/build/*/tree/assay-plugin-spin"))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range found {
			dirs[dir] = true
		}
	}
	if len(dirs) != 3 {
		t.Errorf("%d builds, want those of three commits: %v", len(dirs), dirs)
	}
}
