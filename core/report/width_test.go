package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/internal/visible"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// documents to be read at several widths.
func documents(t *testing.T) map[string]*record.Result {
	t.Helper()
	of := func(o fakeresult.Options) *record.Result {
		r, err := fakeresult.New(o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	arms := map[string]float64{"fused": 1.03, "fused-submitted": 0.8}
	order := []string{"fused", "fused-submitted"}
	sweep := of(fakeresult.Options{
		Experiment: "sweep", Cases: []string{"bits=4,tokens=1", "bits=4,tokens=64"}, Phases: []string{"decode", "prefill"}, Variants: arms, Order: order,
	})
	for i := range sweep.Cases {
		c := &sweep.Cases[i]
		for k := range c.Variants {
			c.Variants[k].Metrics = map[string]float64{"rel_err": 0.002956, "peak_device_bytes": 21 << 20}
		}
		sweep.Findings = append(sweep.Findings, record.Finding{
			Case: c.ID, Kind: record.KindSameKernels, Certainty: "shown", Summary: `"fused-submitted" and "fused" ran the same kernels: replay (false, not true) changed no dispatch`,
			Detail: "Both made the same dispatches.\nA difference in speed comes from data, the host or the environment.",
		})
	}
	floor := 2.83
	sweep.Cases[1].Judgements[0].Control.NoiseFloor = &floor
	many := map[string]float64{}
	var names []string
	for _, eps := range []int{10, 15, 20, 30, 50, 75, 100} {
		names = append(names, fmt.Sprintf("eps-%d", eps))
		many[names[len(names)-1]] = 1
	}
	return map[string]*record.Result{
		"sweep": sweep,
		// Every case and guardrail has one reason: it is given once.
		"alike": of(fakeresult.Options{
			Experiment: "alike", Cases: []string{"bits=4", "bits=8"}, Phases: []string{"decode", "prefill"}, Simulated: true,
			Asserts: []judge.Assert{{Name: "the anchor is exact", Condition: "ratio.decode > 1", Numbers: []judge.Number{{Root: "ratio", Name: "decode"}}}},
		}),
		"many": of(fakeresult.Options{Experiment: "many", Variants: many, Order: names, Margin: -1, Released: fakeresult.EveryQuantity().Released}),
	}
}

func TestResultsAtTheWidthsOfTerminals(t *testing.T) {
	docs := documents(t)
	for _, width := range []int{40, 80, 200} {
		for _, name := range []string{"sweep", "alike", "many"} {
			var b strings.Builder
			Result(&b, docs[name], Style{Width: width})
			within(t, b.String(), width)
			if width > 40 { // only that it can be read
				checkGolden(t, fmt.Sprintf("result-%s-%d.golden", name, width), b.String())
			}
		}
		var b strings.Builder
		Summary(&b, []*record.Result{docs["sweep"], docs["alike"], docs["many"]}, Style{Width: width})
		within(t, b.String(), width)
		checkGolden(t, fmt.Sprintf("summary-%d.golden", width), b.String())
	}
	var b strings.Builder
	Result(&b, docs["sweep"], Style{Details: true})
	if !strings.Contains(b.String(), "A difference in speed comes from") || strings.Contains(b.String(), "assay show --details") {
		t.Errorf("the findings are without what they rest on:\n%s", b.String())
	}
}

func within(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := seen(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("%d columns, not %d: %q", n, width, line)
		}
		if strings.Contains(line, "e+") {
			t.Errorf("a number with an exponent: %q", line)
		}
	}
}

// Colours take no room: a coloured sentence is broken where a plain one is.
func TestColoursTakeNoRoom(t *testing.T) {
	for name, r := range documents(t) {
		var plain, coloured strings.Builder
		Result(&plain, r, Style{Width: 80})
		Result(&coloured, r, Style{Width: 80, Color: true})
		if got := visible.Unmarked(coloured.String()); got != plain.String() {
			t.Errorf("%s in colour:\n%s\nwithout:\n%s", name, got, plain.String())
		}
	}
}
