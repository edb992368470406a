package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk"
)

func measured(name string, cfg Config, wall, device, encode float64) sdk.Result[Config] {
	r := sdk.Result[Config]{Name: name, Config: cfg, ChecksPassed: true}
	var p sdk.PhaseResult
	for round := range 8 {
		drift := 1 + 0.01*float64(round%3)
		p.PerRound = append(p.PerRound, sdk.RoundTimes{Round: round, Wall: wall * drift, Device: device * drift, Encode: encode * drift})
	}
	r.Phases = map[string]sdk.PhaseResult{"decode": p}
	return r
}

func TestFindings(t *testing.T) {
	results := []sdk.Result[Config]{
		measured("separate", Config{Replay: true}, 1000e3, 990e3, 2e3),
		measured("fused", Config{Replay: true, Fused: true}, 900e3, 890e3, 2e3),
		measured("fused-submitted", Config{Fused: true}, 960e3, 890e3, 50e3),
	}
	p, err := propose(t.Context(), sdk.Results[Config]{Results: results})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Next) != 0 || len(p.Findings) != 2 {
		t.Fatalf("%d proposals and %d findings, want 0 and 2", len(p.Next), len(p.Findings))
	}
	for i, want := range []string{
		"fused runs at 1.111×", "is kernel time",
		"fused-submitted runs at 0.938×", "is wrapper time",
	} {
		if f := p.Findings[i/2]; f.Kind != "attribution" || f.Certainty != sdk.Shown || !strings.Contains(f.Summary, want) {
			t.Errorf("%s (%s), want %q", f.Summary, f.Certainty, want)
		}
	}
}

func TestNoFindingsWithoutAPair(t *testing.T) {
	broken := measured("fused", Config{Replay: true, Fused: true}, 900e3, 890e3, 2e3)
	broken.Failure = "crashed"
	p, err := propose(t.Context(), sdk.Results[Config]{Results: []sdk.Result[Config]{
		measured("separate", Config{Replay: true}, 1000e3, 990e3, 2e3), broken,
	}})
	if err != nil || len(p.Findings) != 0 {
		t.Errorf("%+v, %v: want no finding about what could not be measured", p.Findings, err)
	}
}
