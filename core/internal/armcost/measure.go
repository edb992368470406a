package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed noop.py
var noopInPython string

// Two arms that do the same have processes of their own, because their environments
// differ, and so has the control.
const experiment = `experiment %q {
  plugin = %q
  device = "cpu"
  config {
    %s
  }
  variant "arm" { baseline = true }
  variant "again" { env = { ARM = "again" } }
  measure {
    rounds     = %d
    max_rounds = %d
    visit      = "50ms"
    passes     = 1
    phases     = ["decode"]
    warmup_max = "200ms"
  }
}
`

// arm is a plugin to measure; of one that is built here, plugin is its name.
type arm struct{ name, plugin, config string }

// measure makes the plugins, and leaves one document for each.
func measure(ctx context.Context, dir string, more arm, rounds int) (documents []string, err error) {
	assay := filepath.Join(dir, "assay")
	for out, pkg := range map[string]string{assay: "core", filepath.Join(dir, "go", "assay-plugin-noop"): "core/internal/armcost/noop"} {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "github.com/assay-bench/assay/"+pkg)
		if text, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building %s: %w\n%s", pkg, err, text)
		}
	}
	sdk, err := filepath.Abs("core/sdk/python")
	if err != nil {
		return nil, err
	}
	python := filepath.Join(dir, "python", "assay-plugin-noop")
	if err := program(python, "#!/usr/bin/env -S PYTHONPATH="+sdk+" python3\n"+noopInPython); err != nil {
		return nil, err
	}
	arms := []arm{{name: "go", plugin: "noop"}, {name: "python", plugin: "noop"}}
	if more.plugin != "" {
		installed, err := filepath.Abs(more.plugin)
		if err != nil {
			return nil, err
		}
		more.name, more.plugin = "other", strings.TrimPrefix(filepath.Base(installed), "assay-plugin-")
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, more.name), 0o700), os.Symlink(installed, filepath.Join(dir, more.name, filepath.Base(installed)))); err != nil {
			return nil, err
		}
		arms = append(arms, more)
	}
	for _, a := range arms {
		file := filepath.Join(dir, a.name+".hcl")
		if err := os.WriteFile(file, fmt.Appendf(nil, experiment, a.name, a.plugin, a.config, rounds, rounds), 0o600); err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, assay, "run", "--plugin-dir", filepath.Join(dir, a.name), file)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "NO_COLOR=1", "ASSAY_HISTORY=off", "PYTHONDONTWRITEBYTECODE=1")
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", a.name, err, text)
		}
		documents = append(documents, filepath.Join(dir, "results", a.name+".json"))
	}
	return documents, nil
}

func program(path, text string) error {
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o700)) //nolint:gosec // is run
}
