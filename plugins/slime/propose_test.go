package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/search"
)

// result of one epsilon on a made-up curve: the error grows with epsilon, and
// so does the speed.
func result(name string, cfg Config, speedup float64) search.Result[Config] {
	relErr := cfg.Epsilon / 1000
	if cfg.Never {
		relErr = 0.4
	}
	ratio := 0.9 + speedup*min(relErr, 0.1)
	return search.Result[Config]{
		Name: name, Config: cfg, ChecksPassed: true, Metrics: map[string]float64{"rel_err": relErr, "refine_rate": 1 - relErr},
		Phases: map[string]search.PhaseResult{"decode": {Ratio: ratio, Lower: ratio - 0.005, Upper: ratio + 0.005, Rounds: 8}},
	}
}

func sweepResults(refine int, speedup float64, epsilons ...float64) []search.Result[Config] {
	base := Config{Method: separate, MaxError: 0.02, Refine: refine}
	results := []search.Result[Config]{{Name: "separate", Config: base, Baseline: true, ChecksPassed: true, Metrics: map[string]float64{"rel_err": 0.001}}}
	base.Method = progressive
	for _, e := range epsilons {
		cfg := base
		cfg.Epsilon = e
		results = append(results, result("eps", cfg, speedup))
	}
	never := base
	never.Never = true
	return append(results, result("never", never, speedup))
}

func TestKnee(t *testing.T) {
	unknown := result("eps-15", Config{Method: progressive, MaxError: 0.02, Epsilon: 15}, 0)
	unknown.Phases["decode"] = search.PhaseResult{Ratio: 2, Lower: math.Inf(-1), Upper: math.Inf(1), Rounds: 2}
	for _, tt := range []struct {
		name      string
		results   []search.Result[Config]
		summary   string
		certainty string
		asks      int
	}{
		{"the largest inside the bound", sweepResults(0, 10, 0, 10, 15, 20, 30, 100), "is 20: 1.100×", search.Shown, 0},
		{"refined between 10 and 30", sweepResults(3, 10, 0, 10, 30, 100), "is 20: 1.100×", search.Shown, 3},
		{"it never pays", sweepResults(0, -10, 0, 10, 20, 30), "is 0: 0.900×", search.Shown, 0},
		{"whether it pays is too close to call", sweepResults(0, 5.1, 0, 20, 30), "is 20: 1.002× [0.997×, 1.007×] of the speed of separate, error 0.02, 98 % refined; whether it pays cannot be told", search.Undecided, 0},
		{"which it is is too close to call", sweepResults(0, 10, 0, 10, 19.5, 20, 30), "cannot be told: 19.5 (1.095× [1.090×, 1.100×]), 20 (1.100× [1.095×, 1.105×]) of the speed", search.Undecided, 0},
		{"a speed without an interval", append(sweepResults(0, 10, 0, 20), unknown), "cannot be told: 15 (2.000× [interval unknown]), 20 (1.100×", search.Undecided, 0},
		{"nothing inside", sweepResults(0, 10, 30, 50), "no epsilon has", search.Shown, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asks := 0
			for {
				p, err := propose(t.Context(), search.Results[Config]{Results: tt.results})
				if err != nil {
					t.Fatal(err)
				}
				if len(p.Next) == 0 {
					f := p.Findings[0]
					if !strings.Contains(f.Summary, tt.summary) || f.Certainty != tt.certainty {
						t.Errorf("%s (%s), want %q (%s)\n%s", f.Summary, f.Certainty, tt.summary, tt.certainty, f.Detail)
					}
					if _, err := json.Marshal(f.Data); err != nil {
						t.Error(err)
					}
					break
				}
				if asks++; asks > 10 {
					t.Fatal("the search does not end")
				}
				tt.results = append(tt.results, result(p.Next[0].Name, p.Next[0].Config, 10))
			}
			if asks > tt.asks {
				t.Errorf("asked for %d more, want at most %d", asks, tt.asks)
			}
		})
	}
}

// Results that were not measured, or are wrong, are no candidates.
func TestKneeIgnoresWhatFailed(t *testing.T) {
	results := sweepResults(0, 10, 0, 10, 20)
	results[3].ChecksPassed = false
	results[2].Failure = "hung"
	results[1].Phases["decode"] = search.PhaseResult{Ratio: math.NaN(), Lower: math.Inf(-1), Upper: math.Inf(1)}
	p, err := propose(t.Context(), search.Results[Config]{Results: results})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(p.Findings[0].Data); err != nil {
		t.Errorf("data cannot be written: %v", err)
	}
	if strings.Contains(p.Findings[0].Summary, " 20") {
		t.Errorf("%s: an epsilon with a failed check was chosen", p.Findings[0].Summary)
	}
}
