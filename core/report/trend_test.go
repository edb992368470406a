package report

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/trend"
)

// sessions are those that docs/results.md shows.
func sessions() (out []*trend.Entry) {
	for i, speed := range []float64{1.02, 1.019, 0.968, 0.969, 0.95} {
		lower, upper := speed-0.002, speed+0.002
		e := &trend.Entry{
			Session: fmt.Sprint(i), Experiment: "fused_gate", Started: time.Date(2026, 3, i+1, 12, 0, 0, 0, time.UTC), Machine: "AMD EPYC, 2 cores (cpu)",
			Setup: []compare.Part{{Name: "plugin digest", Value: "a"}}, Floors: []trend.Floor{{Phase: "decode", Share: 0.001 * float64(i+3)}},
			Speeds: []trend.Speed{{Case: "default", Variant: "fused", Phase: "decode", Rounds: 8, Verdict: "pass", Ratio: record.Ratio{Estimate: speed, Lower: &lower, Upper: &upper}}},
		}
		if i >= 2 {
			e.Setup[0].Value, e.Speeds[0].Verdict = "b", "fail"
		}
		out = append(out, e)
	}
	out[3].Speeds[0].Unbelieved = `variant "fused" computes something else`
	return out
}

func TestTrends(t *testing.T) {
	all := sessions()
	var out bytes.Buffer
	Trends(&out, trend.Trends(all), trend.Machines(all), 4, Style{})
	checkGolden(t, "trends.golden", out.String())
	out.Reset()
	Trends(&out, trend.Trends(all[:3]), trend.Machines(all[:3]), 20, Style{})
	checkGolden(t, "trends-docs.golden", out.String())
	page, err := os.ReadFile("../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), strings.TrimSpace(out.String())+"\n") {
		t.Errorf("docs/results.md does not show\n%s", out.String())
	}
	out.Reset()
	Trends(&out, trend.Trends(all), trend.Machines(all), 0, Style{Width: 60})
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 60 {
			t.Errorf("a line of %d columns in 60: %q", n, line)
		}
	}
}
