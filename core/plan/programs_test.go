package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/config"
)

// programsOf gives the variants of an experiment their programs.
func programsOf(e *config.Experiment, programs ...config.Program) *config.Experiment {
	for i, p := range programs {
		e.Cases[0].Variants[i].Program = p
	}
	return e
}

func TestProcesses(t *testing.T) {
	costs := Costs{Start: time.Second, Prepare: time.Minute, WarmUpVisits: 1}
	old, next := config.Program{Plugin: "p"}, config.Program{Plugin: "p", Env: map[string]string{"A": "1"}}
	const visit = 100 * time.Millisecond
	cases := []struct {
		name      string
		programs  []config.Program
		residency string
		processes int
		round     time.Duration // three arms in two phases, once there and back
	}{
		{"one program", []config.Program{old, old}, config.Together, 1, time.Second + 3*time.Minute + 6*visit + 12*visit},
		{"two programs", []config.Program{old, next}, config.Together, 3, 3*time.Second + 3*time.Minute + 6*visit + 12*visit},
		{"in turns", []config.Program{old, old}, config.Turns, 12, 12*time.Second + 12*time.Minute + 12*visit + 12*visit},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := programsOf(experiment(8, 8, time.Hour, "a", "b"), c.programs...)
			e.Measure.Residency, e.Measure.Passes = c.residency, 1
			x := New([]*config.Experiment{e}, costs).Experiments[0]
			if got := x.Cases[0]; got.Processes != c.processes || got.Round != c.round {
				t.Errorf("%d processes, a round of %v; want %d, %v", got.Processes, got.Round, c.processes, c.round)
			}
		})
	}
}

func TestProgramsAndBuildsAreListedOnce(t *testing.T) {
	b := &config.Build{Repo: "/r", Ref: "main", Commit: "1", Command: []string{"make"}, Env: map[string]string{"B": "1"}, Dir: "/c/1"}
	e := programsOf(experiment(8, 8, time.Hour, "a", "b", "c"),
		config.Program{Plugin: "p", Name: "p", Version: "1.0.0", Device: "cpu"},
		config.Program{Plugin: "p", Binary: "/c/1/p", Build: b, Env: map[string]string{"Z": "1", "A": "2"}, Inherit: []string{"HOME"}},
		config.Program{Plugin: "alias", Name: "p", Version: "1.0.0", Device: "cpu"})
	e.Cases = append(e.Cases, e.Cases[0])
	p := New([]*config.Experiment{e}, DefaultCosts())
	p.Locate(func(o config.Program) string { return "/plugins/" + o.Plugin })
	x := p.Experiments[0]
	var got []string
	for _, o := range x.Programs {
		got = append(got, strings.Join([]string{o.Path, strings.Join(o.Variants, "+"), strings.Join(o.Env, "+"), strings.Join(o.Inherit, "+")}, " "))
	}
	if diff := cmp.Diff([]string{"/plugins/p a+c  ", "/c/1/p b A+Z HOME"}, got); diff != "" {
		t.Error(diff)
	}
	want := []Build{{Variants: []string{"b"}, Repo: "/r", Ref: "main", Commit: "1", Command: []string{"make"}, Env: []string{"B"}, Dir: "/c/1"}}
	if diff := cmp.Diff(want, x.Builds); diff != "" {
		t.Error(diff)
	}
}

// Only what is asked shares the error.
func TestLooksCountWhatIsAsked(t *testing.T) {
	one := 1.0
	everywhere := config.Guardrail{Name: "g", Phase: "decode"}
	here := config.Guardrail{Name: "h", Phase: "prefill", Variant: "b", Cases: map[string]bool{"default": true}}
	nowhere := config.Guardrail{Name: "n", Phase: "decode", Cases: map[string]bool{}}
	exact := config.Guardrail{Name: "e", Metric: "size", Max: &one}
	most := config.Guardrail{Name: "m", Metric: "wait", Statistic: "max", Max: &one}
	median := config.Guardrail{Name: "d", Metric: "wait", Statistic: "median", Max: &one}
	cases := []struct {
		name             string
		guardrails       []config.Guardrail
		claims, controls int
	}{
		{"none", nil, 0, 0},
		{"in both cases", []config.Guardrail{everywhere}, 4, 2},
		{"in one", []config.Guardrail{here}, 1, 1},
		{"in none", []config.Guardrail{nowhere}, 0, 0},
		{"exact", []config.Guardrail{exact, most}, 0, 0},
		{"a median", []config.Guardrail{median}, 4, 1}, // a bound has no control
		{"together", []config.Guardrail{everywhere, here, nowhere, exact}, 5, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := experiment(8, 24, time.Hour, "a", "b", "c")
			second := e.Cases[0]
			second.ID = "second"
			e.Cases = append(e.Cases, second)
			e.Metrics = []config.Metric{{Name: "size", Exact: true}, {Name: "wait"}}
			e.Guardrails = c.guardrails
			looks, err := Looks(e)
			if err != nil || looks.Claims != c.claims || looks.Controls != c.controls {
				t.Errorf("%d claims, %d controls, %v; want %d, %d", looks.Claims, looks.Controls, err, c.claims, c.controls)
			}
			if c.claims == 0 && len(looks.Looks) != 1 {
				t.Errorf("looks %v", looks.Looks)
			}
		})
	}
}
