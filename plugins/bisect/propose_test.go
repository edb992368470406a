package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/search"
	"github.com/assay-bench/assay/plugins/internal/ddmin"
)

// session plays the host: it measures what propose asks for, with a given speed
// per set of patches and an interval that shrinks with the rounds.
type session struct {
	speed   func(set map[string]bool) float64
	noise   float64
	results []search.Result[Config]
	asked   []string
}

func (s *session) measure(name string, cfg Config, baseline bool) {
	for i := range s.results {
		if r := &s.results[i]; ddmin.Key(r.Config.Patches) == ddmin.Key(cfg.Patches) {
			s.phase(r, r.Phases["decode"].Rounds+8)
			return
		}
	}
	r := search.Result[Config]{Name: name, Config: cfg, Baseline: baseline, ChecksPassed: true, Phases: map[string]search.PhaseResult{}}
	s.phase(&r, 8)
	s.results = append(s.results, r)
}

func (s *session) phase(r *search.Result[Config], rounds int) {
	in := map[string]bool{}
	for _, p := range r.Config.Patches {
		in[p] = true
	}
	ratio := s.speed(in)
	half := s.noise * 8 / float64(rounds)
	r.Phases["decode"] = search.PhaseResult{Ratio: ratio, Lower: ratio - half, Upper: ratio + half, Rounds: rounds}
}

func (s *session) run(t *testing.T) search.Finding {
	t.Helper()
	cfg := Config{Margin: 0.02}
	s.measure("baseline", cfg, true)
	cfg.Patches = patches("")
	s.measure("all", cfg, false)
	for range 40 {
		p, err := propose(t.Context(), search.Results[Config]{Results: s.results})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Next) == 0 {
			if len(p.Findings) != 1 {
				t.Fatalf("%d findings, want one", len(p.Findings))
			}
			if _, err := json.Marshal(p.Findings[0].Data); err != nil {
				t.Fatal(err)
			}
			return p.Findings[0]
		}
		if len(p.Findings) != 1 || p.Findings[0].Certainty != search.Undecided {
			t.Errorf("while %s is asked for: %+v, want one open finding", p.Next[0].Name, p.Findings)
		}
		s.asked = append(s.asked, p.Next[0].Name)
		s.measure(p.Next[0].Name, p.Next[0].Config, false)
	}
	t.Fatalf("the search does not end: %v", s.asked)
	return search.Finding{}
}

func TestSearchFindsTheCulprits(t *testing.T) {
	slow := func(by float64, sets ...string) func(map[string]bool) float64 {
		return func(in map[string]bool) float64 {
			ratio := 1.0
			for _, s := range sets {
				all := true
				for _, p := range strings.Split(s, "+") {
					all = all && in[p]
				}
				if all {
					ratio *= 1 - by
				}
			}
			return ratio
		}
	}
	for _, tt := range []struct {
		name      string
		speed     func(map[string]bool) float64
		noise     float64
		certainty string
		summary   string
		asks      int
	}{
		{"one culprit", slow(0.05, fusedGateUp), 0.005, search.Shown, "because of fused_gate_up (0.950×", 6},
		{"an interaction", slow(0.05, fusedGating+"+"+fusedDownCombine), 0.005, search.Shown, "because of fused_gating + fused_down_combine", 8},
		{"two causes", slow(0.05, fusedGating, fusedDownCombine), 0.005, search.Shown, "because of fused_gating (0.950× [0.945×, 0.955×]), and of fused_down_combine", 8},
		{"no regression", slow(0, fusedGating), 0.005, search.Shown, "no regression to explain", 0},
		{"within the margin", slow(0.01, fusedGating), 0.005, search.Shown, "no regression to explain", 0},
		{"more rounds decide", slow(0.05, fusedGateUp), 0.035, search.Shown, "because of fused_gate_up", 10},
		{"too noisy to tell", slow(0.02, fusedGateUp), 0.05, search.Undecided, "cannot be told", 1},
		{"a gain elsewhere hides nothing", func(in map[string]bool) float64 {
			ratio := 1.0
			if in[fusedGateUp] {
				ratio *= 0.90
			}
			if in[fusedDownCombine] {
				ratio *= 1.04
			}
			return ratio
		}, 0.005, search.Shown, "because of fused_gate_up", 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &session{speed: tt.speed, noise: tt.noise}
			f := s.run(t)
			if f.Kind != "culprits" || f.Certainty != tt.certainty || !strings.Contains(f.Summary, tt.summary) {
				t.Errorf("%s (%s), want %q (%s)\n%s", f.Summary, f.Certainty, tt.summary, tt.certainty, f.Detail)
			}
			if len(s.asked) > tt.asks {
				t.Errorf("asked %d times, want at most %d: %v", len(s.asked), tt.asks, s.asked)
			}
		})
	}
}

func TestNothingToSearch(t *testing.T) {
	p, err := propose(t.Context(), search.Results[Config]{Results: []search.Result[Config]{{Name: "baseline", Baseline: true}}})
	if err != nil || len(p.Next)+len(p.Findings) > 0 {
		t.Errorf("%+v, %v: want nothing without a patched variant", p, err)
	}
}

// A set that crashes is no answer, and is not asked for without end.
func TestAFailedSetIsUndecided(t *testing.T) {
	cfg := Config{Margin: 0.02}
	all := cfg
	all.Patches = patches("")
	one := func(cfg Config, ratio float64, failure string) search.Result[Config] {
		return search.Result[Config]{Config: cfg, Failure: failure, Phases: map[string]search.PhaseResult{
			"decode": {Ratio: ratio, Lower: ratio - 0.001, Upper: ratio + 0.001, Rounds: 8},
		}}
	}
	results := []search.Result[Config]{{Baseline: true}, one(all, 0.9, "")}
	for range 20 {
		p, err := propose(t.Context(), search.Results[Config]{Results: results})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Next) == 0 {
			if f := p.Findings[0]; f.Certainty != search.Likely {
				t.Errorf("%s (%s), want likely", f.Summary, f.Certainty)
			}
			return
		}
		results = append(results, one(p.Next[0].Config, 0, "killed by SIGSEGV"))
	}
	t.Error("the search does not end")
}
