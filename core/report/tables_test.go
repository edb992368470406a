package report

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func TestResultTables(t *testing.T) {
	bare := func(p *record.PhaseSummary) { p.DeviceNs, p.EncodeNs, p.GBps, p.Share = 0, 0, 0, nil }
	for _, c := range []struct {
		golden string
		width  int
		phase  func(*record.PhaseSummary)
		edit   func(*record.Result)
	}{
		// A plugin that knows nothing of a device has no columns for it.
		{"result-bare.golden", 0, bare, nil},
		// An iteration of a server is many tokens: times say of what they are.
		{"result-many-units.golden", 0, func(p *record.PhaseSummary) { p.Units, p.UnitsPerSec = 11.25, p.UnitsPerSec*11.25; bare(p) }, nil},
		// Numbers beyond what people read digit by digit.
		{"result-large.golden", 0, func(p *record.PhaseSummary) { p.UnitsPerSec = 1240933430; bare(p) }, func(r *record.Result) {
			r.Experiment.MetricUnits = map[string]string{"peak_host_bytes": "B"}
			for i := range r.Cases[0].Variants {
				r.Cases[0].Variants[i].Metrics = map[string]float64{"peak_host_bytes": 1.96e7, "launches": 1240933430}
			}
			floor := 2.83
			r.Cases[0].ID, r.Cases[0].Judgements[0].Control.NoiseFloor = "n=16777216", &floor
		}},
		// A narrow terminal: sentences and tables are broken where it ends.
		{"result-narrow.golden", 60, func(*record.PhaseSummary) {}, nil},
		// Without a description there is nothing after the name.
		{"result-nothing-measured.golden", 0, bare, func(r *record.Result) {
			r.Experiment.Description, r.Cases[0].Controls, r.Cases[0].Judgements = "", nil, nil
			for i := range r.Cases[0].Variants {
				r.Cases[0].Variants[i].Phases, r.Cases[0].Variants[i].Failure = nil, "it panicked"
			}
		}},
	} {
		t.Run(c.golden, func(t *testing.T) {
			r, err := fakeresult.New(fakeresult.Options{Variants: map[string]float64{"slow": 0.8}, Order: []string{"slow"}})
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Cases[0].Variants {
				for name, p := range r.Cases[0].Variants[i].Phases {
					c.phase(&p)
					r.Cases[0].Variants[i].Phases[name] = p
				}
			}
			if c.edit != nil {
				c.edit(r)
			}
			var b strings.Builder
			Result(&b, r, Style{Width: c.width})
			checkGolden(t, c.golden, b.String())
			for line := range strings.Lines(b.String()) {
				if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
					t.Errorf("spaces at the end of %q", line)
				}
				if c.width > 0 && seen(line) > c.width+1 {
					t.Errorf("wider than %d: %q", c.width, line)
				}
			}
		})
	}
}

func TestRoundsText(t *testing.T) {
	var r record.Result
	ended := record.Round{}
	ended.Ended = ended.Ended.AddDate(2000, 0, 0)
	round := func(f func(*record.Round)) record.Round { d := ended; f(&d); return d }
	r.Cases = []record.Case{{Rounds: []record.Round{
		round(func(d *record.Round) { d.Counted = true }),
		round(func(d *record.Round) { d.Counted, d.Disturbed = true, true }),
		round(func(d *record.Round) { d.Disturbed = true }),
		round(func(*record.Round) {}),
		{},
	}}}
	if got, want := roundsText(&r), "2 (+1 disturbed, +1 failed, +1 cut short)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
