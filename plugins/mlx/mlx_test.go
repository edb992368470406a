package mlx

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/plugins/internal/moe"
)

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
