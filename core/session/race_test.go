package session

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/rejudge"
)

func expression(text string) hcl.Expression {
	expr, diags := hclsyntax.ParseExpression([]byte(text), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		panic(diags)
	}
	return expr
}

// selecting is a select block whose aim is the speed of decode, or what change
// makes of it.
func selecting(name string, change func(*config.Select)) config.Select {
	s := config.Select{
		Name: name, Maximize: expression("ratio.decode"), Text: "ratio.decode", Phase: "decode", Phases: []string{"decode"},
		Finalists: 3, Rounds: 2, OnTie: config.TieNone,
	}
	if change != nil {
		change(&s)
	}
	return s
}

// paced are variants with the given factors on their time, the first the baseline.
func paced(names []string, slow ...float64) []config.Variant {
	var out []config.Variant
	for i, name := range names {
		out = append(out, variantNoTest(name, i == 0, map[string]any{"slow": slow[i]}))
	}
	return out
}

// scripted runs an experiment on a clock that moves only as the plugin says.
func scripted(t *testing.T, e *config.Experiment) *record.Result {
	t.Helper()
	clock := &scriptedClock{file: filepath.Join(t.TempDir(), "clock")}
	if err := badplugin.SetClock(clock.file, time.Unix(1_700_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	t.Setenv(badplugin.Clock, clock.file)
	folder := t.TempDir()
	s, err := Open(context.Background(), Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0", Seed: 7,
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet, Clock: clock,
		Environment: func(context.Context) record.Environment { return record.Environment{Time: clock.Now()} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	results, err := s.Run(context.Background(), []*config.Experiment{e})
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	sameAsJournal(t, folder, s, r)
	written, err := record.ReadResult(filepath.Join(folder, e.Output.Path))
	if err != nil {
		t.Fatal(err)
	}
	rep, err := rejudge.Check(written)
	if err != nil || !rep.Follows {
		t.Errorf("the document does not follow from its samples: %v %+v", err, rep)
	}
	return r
}

// A select block runs its second race after the rounds of the case, and its answer
// is one variant, a tie or none.
func TestSelect(t *testing.T) {
	names := []string{"base", "a", "b"}
	for _, c := range []struct {
		name    string
		slow    []float64
		change  func(*config.Select)
		outcome string
		variant string
		tied    string
		rounds  int    // of the race
		reason  string // part of it
		leftOut string // names
	}{
		{"an aim that is computed", []float64{1, 0.9, 1.2}, func(s *config.Select) {
			s.Maximize, s.Text, s.Phase = expression("ratio.decode - 1"), "ratio.decode - 1", ""
		}, "winner", "a", "", 7, "a second race of 7 rounds: \"a\" is the best of 3", ""},
		{"two are best", []float64{1, 0.9, 0.9}, func(s *config.Select) { s.OnTie, s.Finalists = config.TieFirst, 2 }, "tie", "a", "a b", 7, "on_tie takes the first", "base"},
		{"nobody", []float64{1, 0.9, 1.2}, func(s *config.Select) {
			s.Where = &judge.Assert{Name: s.Name, Condition: "variant.name == \"nobody\"", Numbers: []judge.Number{}}
		}, "none", "", "", 0, "no variant can be selected", "base a b"},
		{"an exact aim", []float64{1, 0.9, 1.2}, func(s *config.Select) {
			s.Maximize, s.Text, s.Phase, s.Phases, s.Exact = expression("metric.rel_err"), "metric.rel_err", "", nil, true
		}, "tie", "", "base a b", 0, "no noise", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := experimentOf("select", paced(names, c.slow...)...)
			e.Selects = []config.Select{selecting("best", c.change)}
			r := scripted(t, e)
			s, x := r.Selections[0], r.Cases[0].Races[0]
			var leftOut []string
			for _, l := range s.LeftOut {
				leftOut = append(leftOut, l.Variant)
			}
			if s.Outcome != c.outcome || s.Variant != c.variant || strings.Join(s.Tied, " ") != c.tied {
				t.Errorf("%s %q, tied %v; want %s %q, tied %s", s.Outcome, s.Variant, s.Tied, c.outcome, c.variant, c.tied)
			}
			if len(x.Rounds) != c.rounds || len(r.Cases[0].Rounds) != 2 {
				t.Errorf("%d rounds of the case and %d of the race, want 2 and %d", len(r.Cases[0].Rounds), len(x.Rounds), c.rounds)
			}
			if !strings.Contains(s.Reason, c.reason) || strings.Join(leftOut, " ") != c.leftOut {
				t.Errorf("%q, left out %+v; want %q, left out %s", s.Reason, s.LeftOut, c.reason, c.leftOut)
			}
		})
	}
}

// A race has rounds like others, with inputs of their own, and moves no figure of
// the case.
func TestARaceIsApartFromTheCasesRounds(t *testing.T) {
	names := []string{"base", "a", "b"}
	plain := scripted(t, experimentOf("plain", paced(names, 1, 0.9, 1.2)...))
	e := experimentOf("raced", paced(names, 1, 0.9, 1.2)...)
	e.Selects = []config.Select{selecting("best", func(s *config.Select) { s.Finalists = 2 })}
	raced := scripted(t, e)
	if diff := cmp.Diff(plain.Cases[0].Variants, raced.Cases[0].Variants); diff != "" {
		t.Errorf("a race changes what is said of the variants:\n%s", diff)
	}
	seeds := map[uint64]bool{}
	for _, d := range slices.Concat(raced.Cases[0].Rounds, raced.Cases[0].Races[0].Rounds) {
		seeds[d.Seed] = true
	}
	rounds := raced.Cases[0].Races[0].Rounds
	if len(seeds) != 2+len(rounds) {
		t.Errorf("%d seeds of 2 rounds and %d of the race", len(seeds), len(rounds))
	}
	for _, d := range rounds {
		if !slices.Equal(d.Arms, []string{"base", "a", "control"}) || !d.Counted {
			t.Errorf("a round of the race measures %v, counted %t; want base, a and the control", d.Arms, d.Counted)
		}
	}
}

// What is equal to another is not selected, nor is what fails or computes
// something else, nor anything by times that are not measurements.
func TestWhoIsNeverSelected(t *testing.T) {
	variants := paced([]string{"base", "again", "victim"}, 1, 1, 0.5)
	variants[1].Equals = "base"
	variants[2] = variantNoTest("victim", false, map[string]any{"slow": 0.5, "mode": "exit3", "at": "release"})
	e := experimentOf("never", append(variants, variantNoTest("good", false, map[string]any{"slow": 0.9}))...)
	e.Selects = []config.Select{selecting("best", nil)}
	s := scripted(t, e).Selections[0]
	if s.Outcome != record.OutcomeWinner || s.Variant != "good" || len(s.LeftOut) != 2 ||
		!strings.Contains(s.LeftOut[0].Reason, `"base" under another name`) || !strings.Contains(s.LeftOut[1].Reason, "could not be measured") {
		t.Errorf("%+v; want good, and again and victim left out", s)
	}
	simulated := experimentOf("simulated", paced([]string{"base", "a"}, 1, 0.5)...)
	simulated.Device, simulated.Kind = "auto", "sim"
	for i := range simulated.Cases[0].Variants {
		simulated.Cases[0].Variants[i].Program = config.Program{Plugin: badplugin.Name, Device: "auto", Kind: "sim"}
	}
	simulated.Selects = []config.Select{selecting("best", nil)}
	r := scripted(t, simulated)
	if s := r.Selections[0]; s.Outcome != record.OutcomeNone || s.Variant != "" || !strings.Contains(s.Reason, "not measurements") || len(r.Cases[0].Races[0].Rounds) > 0 {
		t.Errorf("on a simulated device: %+v", s)
	}
}

// A finalist that dies in the race is out of it: the others go on, and one alone
// runs no more rounds.
func TestARaceEndsWhenOneFinalistIsLeft(t *testing.T) {
	d := &record.Result{Status: record.Partial, Experiment: record.Experiment{Selects: []record.Select{{Name: "best", Rounds: 7}}}}
	d.Plan.Looks = []judge.Look{{Rounds: 0, Alpha: 0.05}}
	d.Cases = []record.Case{{
		ID: "default", Status: record.Partial, Looks: []record.Look{{Stop: true}},
		Variants: []record.Variant{{Name: "base", Role: record.RoleBaseline}, {Name: "a", Role: record.RoleVariant}, {Name: "b", Role: record.RoleVariant}, {Name: "control", Role: record.RoleControl}},
		Races:    []record.Race{{Select: "best", Finalists: []string{"a", "b"}, Goal: 7}},
	}}
	p := plan{cases: make([]record.CaseEvent, 1)}
	begin, ok := next(d, p).(beginRound)
	if !ok || begin.race != "best" || begin.goal != 7 || !slices.Equal(begin.arms, []string{"base", "a", "b", "control"}) {
		t.Errorf("with two finalists comes %+v, want a round of both", next(d, p))
	}
	d.Cases[0].Variants[2].Failure = "it died"
	if _, ok := next(d, p).(endCase); !ok {
		t.Errorf("with one finalist comes %T, want the case's end", next(d, p))
	}
}

// Rounds that the budget does not allow are not begun, and the answer says so.
func TestARaceKeepsToTheBudget(t *testing.T) {
	e := experimentOf("budget", paced([]string{"base", "a"}, 1, 0.9)...)
	e.Measure.Budget = time.Millisecond
	e.Selects = []config.Select{selecting("best", nil)}
	r := scripted(t, e)
	x, s := r.Cases[0].Races[0], r.Selections[0]
	if len(x.Rounds) != 0 || !strings.Contains(x.Reason, "budget") || s.Outcome != record.OutcomeTie {
		t.Errorf("%+v, race for %s with %d rounds; want a tie, and no rounds", s, x.Reason, len(x.Rounds))
	}
}

// What is asked of a search is in the race too.
func TestAProposedVariantMayBeSelected(t *testing.T) {
	e := experimentOf("search", paced([]string{"base", "a"}, 1, 0.9)...)
	e.Selects = []config.Select{selecting("best", nil)}
	s := scripted(t, e).Selections[0]
	if s.Outcome != record.OutcomeTie || strings.Join(s.Tied, " ") != "a proposed" {
		t.Errorf("%+v; want a and proposed, which differ in nothing, to be a tie", s)
	}
}

// scriptedRace has two select blocks, the second with an aim that only the
// configuration can evaluate.
func scriptedRace() *config.Experiment {
	e := experimentOf("race", paced([]string{"base", "a", "b"}, 1, 0.9, 0.95)...)
	e.Measure.Passes = 2
	e.Selects = []config.Select{selecting("best", nil), selecting("least", func(s *config.Select) {
		s.Minimize, s.Maximize, s.Text, s.Phase, s.Finalists = expression("ratio.decode + metric.rel_err"), nil, "ratio.decode + metric.rel_err", "", 2
	})}
	return e
}

// Killed in the middle of its races, and resumed each time, a session comes to the
// answers that it comes to undisturbed.
func TestAKilledRaceGoesOn(t *testing.T) {
	t.Setenv(envRace, "1")
	whole, cut := hostFolder(t), hostFolder(t)
	if err := whole.run(t, "", 0); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	kills, journal := 0, ""
	for cut.run(t, journal, 150+61*kills) != nil {
		if kills++; kills > 20 {
			t.Fatal("killed 20 times and not at its end")
		}
		journal = cut.journal(t)
	}
	want, got := whole.result(t, "race"), cut.result(t, "race")
	joints := 0
	for _, x := range got.Cases[0].Races {
		for _, d := range x.Rounds {
			joints += len(d.Joints)
		}
	}
	if joints < 2 || kills < 4 {
		t.Errorf("%d kills, %d of them in a round of a race; want 4 and 2 or more", kills, joints)
	}
	if s := got.Selections; len(s) != 2 || s[0].Variant != "a" || s[1].Variant != "base" || s[1].Finalists[0].Values == nil {
		t.Errorf("selections %+v, want a, and base by values of its own", s)
	}
	if diff := cmp.Diff(unmarked(want), unmarked(got)); diff != "" {
		t.Errorf("it differs from the undisturbed one:\n%.6000s", diff)
	}
	rep, err := rejudge.Check(got)
	if err != nil || !rep.Follows {
		t.Errorf("it does not follow from its samples: %v %+v", err, rep)
	}
}
