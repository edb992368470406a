package experiments_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/assay-bench/assay/core/record"
)

// neverDispatched switches a patch on that its own bound keeps away from every
// token count, beside one that is dispatched.
const neverDispatched = `
experiment "patches" {
  plugin = "bisect"
  device = "cpu"
  config {
    model         = "tiny"
    dtype         = "float32" # rounding makes the fused kernel choose another token in some sessions of shorter floats
    vocab         = 64
    prompt_tokens = 4
  }
  variant "plain" { baseline = true }
  variant "dead" {
    config {
      patches          = ["fused_gate_up"]
      fused_max_tokens = 0
    }
  }
  variant "live" {
    config { patches = ["fused_gate_up"] }
  }
  measure {
    phases  = ["decode"]
    rounds  = 1
    passes  = 1
    samples = 1
    visit   = "2ms"
    search  = false
  }
}
`

// TestAPatchThatIsNeverDispatched: it is named, and one that is dispatched is not.
func TestAPatchThatIsNeverDispatched(t *testing.T) {
	assay, plugins := build(t, "bisect")
	dir := t.TempDir()
	file := filepath.Join(dir, "patches.hcl")
	if err := os.WriteFile(file, []byte(neverDispatched), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(assay, "run", "--plugin-dir", plugins, file)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ASSAY_LOCK="+filepath.Join(dir, "lock"), "ASSAY_HISTORY=off")
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	r, err := record.ReadResult(filepath.Join(dir, "results", "patches.json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `"dead" and "plain" ran the same kernels: fused_max_tokens (0, not 64), patches (["fused_gate_up"], not []) changed no dispatch`
	if len(r.Findings) != 1 || r.Findings[0].Kind != record.KindSameKernels || r.Findings[0].Summary != want {
		t.Errorf("findings are %+v, want %s\n%s", r.Findings, want, text)
	}
	for variant, want := range map[string]bool{"dead": true, "live": false} {
		if same := r.SameKernels(&r.Cases[0], variant, "plain"); same == nil || *same != want {
			t.Errorf("%s: same kernels is %v, want %t", variant, same, want)
		}
	}
}
