// Package badplugin builds the plugin that misbehaves on purpose, for tests of
// packages that run plugins. The plugin is the command in assay-plugin-bad; its
// comment lists what it can do.
package badplugin

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Name of the plugin.
const Name = "bad"

// Env holds "MODE@PHASE" for misbehaviour before a configuration arrives.
const Env = "ASSAY_BADPLUGIN"

// EnvThere names a file that the plugin makes when it begins to hang.
const EnvThere = "ASSAY_BADPLUGIN_THERE"

// EnvSlow holds a factor on all times, for a binary that is slower than another of
// the same configuration.
const EnvSlow = "ASSAY_BADPLUGIN_SLOW"

// Build compiles the plugin into dir and returns the binary's path. Call it
// once per test binary, from TestMain.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "assay-plugin-"+Name)
	// Each start verifies a digest of the file: a small one starts faster.
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "github.com/assay-bench/assay/core/internal/badplugin/assay-plugin-bad")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the bad plugin: %w\n%s", err, out)
	}
	return path, nil
}
