package report

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func TestCompare(t *testing.T) {
	o := fakeresult.Options{
		Phases: []string{"decode", "prefill"}, Variants: map[string]float64{"fused": 1.02, "slow": 0.97}, Order: []string{"fused", "slow"},
	}
	a, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Session, o.Seed, o.BaseNs = "20260302T120000Z-1b1b1b", 99, 9.4e6
	o.Variants = map[string]float64{"fused": 1.05, "slow": 0.97}
	for golden, change := range map[string]func(*record.Result){
		"compare-same-setup.golden": nil,
		"compare-refused.golden": func(r *record.Result) {
			r.Metadata.Plugin.SHA256, r.Metadata.Device.Driver = "cc03", "none, but newer"
		},
	} {
		o.Change = change
		b, err := fakeresult.New(o)
		if err != nil {
			t.Fatal(err)
		}
		rep, err := compare.Compare("results/monday.json", "results/tuesday.json", a, b)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		Compare(&out, rep, Style{})
		checkGolden(t, golden, out.String())
		for _, width := range []int{60, 80} {
			out.Reset()
			Compare(&out, rep, Style{Width: width})
			within(t, out.String(), width)
			for _, file := range []string{"results/monday.json", "results/tuesday.json"} {
				if !strings.Contains(out.String(), file) {
					t.Errorf("%d columns: no %s in\n%s", width, file, out.String())
				}
			}
		}
	}
}
