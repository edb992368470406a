package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Who dispatches learns classes and dependencies without a device or a plugin, and
// an experiment on this machine is the same with and without a class.
func TestPlacements(t *testing.T) {
	src := `
variable "classes" { default = ["m4-max", "h100"] }
locals { small = "m1-air" }
experiment "a" {
  plugin = "fake"
  class  = var.classes
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { model = "large" }
  }
}
experiment "b" {
  plugin     = "fake"
  class      = local.small
  depends_on = [experiment.a]
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { model = "large" }
  }
}
experiment "c" {
  plugin = "fake"
  when   = experiment.b.verdict == "fail"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { model = "large" }
  }
}
`
	tests := []struct {
		name string
		only []string
		want []Placement
	}{
		{"all", nil, []Placement{
			{Name: "a", Classes: []string{"m4-max", "h100"}},
			{Name: "b", Classes: []string{"m1-air"}, Needs: []string{"a"}},
			{Name: "c", Needs: []string{"b"}},
		}},
		{"what a condition asks about comes along", []string{"c"}, []Placement{
			{Name: "b", Classes: []string{"m1-air"}},
			{Name: "c", Needs: []string{"b"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, diags := load(".", []input{{"main.hcl", []byte(src)}}, Options{Version: "0.1.0"})
			got, more := m.Placements(tt.only)
			if diags = append(diags, more...); diags.HasErrors() {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Placement{}, "Range")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			experiments, diags := m.Resolve(fakeOptions())
			if diags.HasErrors() || len(experiments) != 3 {
				t.Errorf("%d experiments on this machine: %v", len(experiments), diags)
			}
		})
	}
}
