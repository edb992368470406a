package session

import (
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

func TestSearchAdoptsProposalsAndKeepsFindings(t *testing.T) {
	_, _, results, err := run(t, experimentOf("search", variant(t, "base", true, nil), variant(t, "a", false, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	vs := r.Cases[0].Variants
	last := vs[len(vs)-1]
	if last.Name != "proposed" || last.Role != record.RoleProposed || last.Phases["decode"].Rounds == 0 {
		t.Errorf("last variant %s (%s) with %d rounds, want the proposed one, measured", last.Name, last.Role, last.Phases["decode"].Rounds)
	}
	if len(r.Findings) != 1 || r.Findings[0].Certainty != "shown" {
		t.Errorf("findings %+v, want one that is shown", r.Findings)
	}
}

// One round has no interval, and the plugin hears of none.
func TestASearchHearsNoIntervalOfOneRound(t *testing.T) {
	c := &record.Case{Variants: []record.Variant{{Name: "base", Role: record.RoleBaseline}, {
		Name: "a", Role: record.RoleVariant, Phases: map[string]record.PhaseSummary{"decode": {Rounds: 1, Ratio: &record.Ratio{Estimate: 0.5}}},
	}}}
	d := &record.Result{Programs: make([]record.Program, 1)}
	p := known(d, c)[1].GetPhases()["decode"]
	if p.GetRatio() != 0.5 || p.Lower != nil || p.Upper != nil {
		t.Errorf("one round: %v [%v, %v], want 0.5 without bounds", p.GetRatio(), p.Lower, p.Upper)
	}
}

func TestASearchHearsNothingOfAnotherPlugin(t *testing.T) {
	d := &record.Result{Programs: []record.Program{{Plugin: record.Binary{Name: "own"}}, {Plugin: record.Binary{Name: "other"}}, {Plugin: record.Binary{Name: "own"}}}}
	c := &record.Case{Variants: []record.Variant{
		{Name: "base", Role: record.RoleBaseline}, {Name: "engine", Role: record.RoleVariant, Program: 1},
		{Name: "build", Role: record.RoleVariant, Program: 2}, {Name: "control", Role: record.RoleControl},
	}}
	heard := known(d, c)
	if len(heard) != 2 || heard[0].GetName() != "base" || heard[1].GetName() != "build" {
		t.Errorf("%v, want base and build", heard)
	}
}

func TestABadProposalCostsTheSearchAndNothingElse(t *testing.T) {
	_, _, results, err := run(t,
		experimentOf("search", variant(t, "base", true, nil), variant(t, "a", false, map[string]any{"mode": "bad-proposal"})),
		experimentOf("next", variant(t, "base", true, nil), variant(t, "a", false, nil)))
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, error %v; want both experiments", len(results), err)
	}
	r := results[0]
	if len(r.Failures) != 1 || r.Failures[0].Stage != "propose" || r.Cases[0].Variants[1].Phases["decode"].Rounds != 2 {
		t.Errorf("failures %s, %d rounds of a; want one of the search, and the 2 rounds kept", first(r.Failures), r.Cases[0].Variants[1].Phases["decode"].Rounds)
	}
	if results[1].Status != record.Complete {
		t.Errorf("the next experiment is %s, want complete", results[1].Status)
	}
}

// A search hears that a proposal of its own could not be measured, and goes on.
func TestADeadlyProposalIsToldToTheSearch(t *testing.T) {
	_, _, results, err := run(t, experimentOf("search",
		variant(t, "base", true, nil), variant(t, "a", false, map[string]any{"mode": "deadly-proposal"})))
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	deadly := r.Cases[0].Variants[len(r.Cases[0].Variants)-1]
	if deadly.Name != "deadly" || deadly.Failure == "" || len(r.Findings) != 1 || r.Findings[0].Summary != deadly.Failure {
		t.Errorf("%s left for %q, findings %+v; want the plugin to say why deadly left", deadly.Name, deadly.Failure, r.Findings)
	}
}

// A proposal is of the baseline's program: a variant of its configuration that
// runs another program is not what was asked for.
func TestAProposalIsNotAVariantOfAnotherProgram(t *testing.T) {
	config := []byte(`{"eps":10}`)
	_, digest, err := canonicalConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for program, want := range map[int]string{0: "a", 1: "proposed"} {
		c := &record.Case{Variants: []record.Variant{
			{Name: "base", Role: record.RoleBaseline}, {Name: "a", Role: record.RoleVariant, ConfigDigest: digest, Program: program},
		}}
		var e record.SearchEvent
		if err := adopt(c, []*pluginv1.Proposal{{Name: "proposed", ConfigJson: config}}, &e); err != nil {
			t.Fatal(err)
		}
		if len(e.Search.Chosen) != 1 || e.Search.Chosen[0] != want {
			t.Errorf("program %d: chosen %v, want %s", program, e.Search.Chosen, want)
		}
	}
}

func TestAnswersThatAreTooLong(t *testing.T) {
	for n, long := range map[int]bool{0: false, mostProposals: false, mostProposals + 1: true, 5000: true} {
		err := tooLong(&pluginv1.ProposeResponse{Proposals: make([]*pluginv1.Proposal, n)})
		if (err != nil) != long {
			t.Errorf("%d proposals: %v", n, err)
		}
	}
	if err := tooLong(&pluginv1.ProposeResponse{Findings: make([]*pluginv1.Finding, mostFindings+1)}); err == nil {
		t.Error("findings without end are taken")
	}
}
