// Package languages_test measures one C function from plugins in three languages.
// `make test-foreign` runs this.
package languages_test

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

func TestTheSameFromEveryLanguage(t *testing.T) {
	cache := os.Getenv("ASSAY_FOREIGN")
	if cache == "" {
		t.Skip("ASSAY_FOREIGN names no folder for what cargo makes; make test-foreign runs this test")
	}
	for _, needed := range [][]string{{"cc", "--version"}, {"cargo", "--version"}, {"python3", "-c", "import grpc, google.protobuf"}} {
		if out, err := exec.Command(needed[0], needed[1:]...).CombinedOutput(); err != nil {
			t.Skipf("needs %s: %v\n%s", strings.Join(needed, " "), err, out)
		}
	}
	dir := t.TempDir()
	assay, plugins := filepath.Join(dir, "assay"), filepath.Join(dir, "plugins")
	library := filepath.Join(dir, "libwork.so")
	do(t, ".", "cc", "-O2", "-shared", "-fPIC", "-o", library, "c/work.c")
	do(t, ".", "go", "build", "-trimpath", "-ldflags=-s -w", "-o", assay, "../../core")
	do(t, ".", "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(plugins, "assay-plugin-langgo"), "./go")
	python(t, filepath.Join(plugins, "assay-plugin-langpython"))
	rust(t, assay, dir, filepath.Join(cache, "cargo"), filepath.Join(plugins, "assay-plugin-langrust"))

	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(assay, "run", "--plugin-dir", plugins, "--var", "library="+library, here)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "ASSAY_HISTORY=off", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 3 {
		err = nil // the machine was too restless to tell
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := record.ReadResult(filepath.Join(dir, "results", "languages.json"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Status != record.Complete || len(d.Cases) != 1 || len(d.Cases[0].Judgements) != 2 {
		t.Fatalf("status %s, cases %+v", d.Status, d.Cases)
	}
	for _, v := range d.Cases[0].Variants {
		if len(v.Defects) > 0 || v.Failure != "" || len(v.Checks) == 0 {
			t.Errorf("%s: defects %v, failure %q, checks %v", v.Name, v.Defects, v.Failure, v.Checks)
		}
	}
	for _, v := range d.Cases[0].Variants {
		t.Logf("%-8s %v of a sample's span are not its own time: what SDK, connection and host take (median)", v.Name, beside(&d.Cases[0], v.Name))
	}
	for _, j := range d.Cases[0].Judgements {
		if j.Verdict == "fail" || j.Win {
			t.Errorf("%s: %s: %s", j.Variant, j.Verdict, j.Reason)
		}
	}
}

// beside is the median, over the samples of an arm, of what the host waited for one
// beyond the time that it has.
func beside(c *record.Case, arm string) time.Duration {
	var all []time.Duration
	for i := 1; i <= c.Begun(); i++ {
		for _, v := range c.Round(i).Visits {
			if v.Variant != arm {
				continue
			}
			for k, host := range v.Samples.HostNs {
				all = append(all, time.Duration(host-v.Samples.WallNs[k]))
			}
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2].Round(time.Microsecond)
}

// python makes the plugin find the SDK of this repository.
func python(t *testing.T, plugin string) {
	t.Helper()
	text, err := os.ReadFile("python/assay-plugin-langpython")
	if err != nil {
		t.Fatal(err)
	}
	sdk, err := filepath.Abs("../../core/sdk/python")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(plugin, []byte("#!/usr/bin/env -S PYTHONPATH="+sdk+" python3\n"+code), 0o700); err != nil { //nolint:gosec // is run
		t.Fatal(err)
	}
}

// rust makes the plugin of what `assay plugin new` writes and the file that is ours.
func rust(t *testing.T, assay, dir, target, plugin string) {
	t.Helper()
	do(t, dir, assay, "plugin", "new", "langrust", "--lang", "rust")
	crate := filepath.Join(dir, "assay-plugin-langrust")
	text, err := os.ReadFile("rust/main.rs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(crate, "src", "main.rs"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	fetch := exec.Command("cargo", "fetch")
	fetch.Dir = crate
	if out, err := fetch.CombinedOutput(); err != nil { // that the crates are right is TestPluginInRust's to say
		t.Skipf("needs the crates: %v\n%s", err, out)
	}
	do(t, crate, "cargo", "build", "--release", "--target-dir", target)
	do(t, dir, "cp", filepath.Join(target, "release", "assay-plugin-langrust"), plugin)
}

func do(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
