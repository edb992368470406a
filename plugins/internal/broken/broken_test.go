package broken

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

// TestBrokenKernelsCostTheirOwnVariant runs the experiments as a user would, on
// the simulator and on a GPU where there is one.
func TestBrokenKernelsCostTheirOwnVariant(t *testing.T) {
	bin := t.TempDir()
	for path, pkg := range map[string]string{"assay": "core", "assay-plugin-broken": "plugins/internal/broken/assay-plugin-broken"} {
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(bin, path), "github.com/assay-bench/assay/"+pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	experiments, err := filepath.Abs("experiments")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []metal.Kind{metal.Sim, metal.CUDA} {
		t.Run(string(kind), func(t *testing.T) {
			dev, err := devices.Open(t.Context(), string(kind), 0)
			if errors.Is(err, metal.ErrUnavailable) {
				t.Skipf("the test runs broken kernels on %s: %v", kind, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			dev.Close()
			folder := t.TempDir()
			cmd := exec.Command(filepath.Join(bin, "assay"), "run", experiments, "--var", "device="+string(kind), "--no-color")
			cmd.Dir = folder
			cmd.Env = append(os.Environ(), "ASSAY_PLUGIN_DIR="+bin, "ASSAY_LOCK="+filepath.Join(folder, "lock"), "ASSAY_HISTORY="+filepath.Join(folder, "history"))
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 4 {
				t.Fatalf("%v, want exit status 4\n%s", err, out)
			}
			check(t, folder)
		})
	}
}

// check holds the documents: every fault is data with its kernel and line, the
// device is well after it, and the sound experiment at the end is complete.
func check(t *testing.T, folder string) {
	for name, says := range map[string][]string{
		"out_of_bounds": {"count_up", "broken.metal:8"},
		"endless":       {"count_up"},
		"barrier":       {"count_up"},
		"syntax":        {"broken.metal"},
		"sound":         nil,
	} {
		r, err := record.ReadResult(filepath.Join(folder, "results", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if says == nil {
			if r.Status != record.Complete || len(r.Failures) > 0 || r.Probe != nil {
				t.Errorf("%s: status %s, %d failures, probe %v; want it complete", name, r.Status, len(r.Failures), r.Probe)
			}
			continue
		}
		if len(r.Failures) == 0 || r.Probe == nil || !r.Probe.Healthy {
			t.Errorf("%s: %d failures, probe %+v; want failures and a healthy device", name, len(r.Failures), r.Probe)
			continue
		}
		last := r.Failures[len(r.Failures)-1]
		for _, text := range says {
			if last.Variant != "broken" || !strings.Contains(last.Message, text) {
				t.Errorf("%s: variant %q, message %q; want %q in it", name, last.Variant, last.Message, text)
			}
		}
	}
}
