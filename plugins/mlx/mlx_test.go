package mlx

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// What needs no MLX is tested in Python, where there is one with what the SDK needs.
func TestWithoutMLX(t *testing.T) {
	if out, err := exec.Command("python3", "-c", `import sys, grpc, google.protobuf as p; assert sys.version_info >= (3, 10) and int(p.__version__.split(".")[0]) >= 5`).CombinedOutput(); err != nil {
		t.Skipf("needs python3 of 3.10 or later with grpcio and protobuf 5 or later: %v: %s", err, process.Raised(string(out)))
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	sdk := filepath.Join(here, "../../core/sdk/python")
	cmd := exec.Command("python3", "-m", "unittest", "discover", "-s", "tests", "-p", "test_plugin.py")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+sdk+string(os.PathListSeparator)+here, "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// One problem in two languages needs the same shapes.
func TestShapesAreThoseOfGatherQMM(t *testing.T) {
	type shape struct{ Layers, Hidden, Experts, TopK, Inter int }
	var read map[string]struct {
		shape
		Top int `json:"top_k"`
	}
	data, err := os.ReadFile("assay_mlx/shapes.json")
	if err == nil {
		err = json.Unmarshal(data, &read)
	}
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string]shape{}, map[string]shape{}
	for name, s := range read {
		s.TopK = s.Top
		got[name] = s.shape
	}
	for _, m := range moe.Models() {
		want[m.Name] = shape{m.Layers, m.Hidden, m.Experts, m.TopK, m.Inter}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("shapes.json is not moe.Models (-want +got)\n%s", d)
	}
}
