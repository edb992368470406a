package record

import (
	"strings"
	"testing"
)

// A recovered document says of its cases what the session would have said: how
// far each got, and which variant had left it and why.
func TestRecoveredCasesSayHowTheyEnded(t *testing.T) {
	variants := func() []Variant {
		return []Variant{{Name: "base", Role: RoleBaseline}, {Name: "victim", Role: RoleVariant}, {Name: "good", Role: RoleVariant}}
	}
	for name, c := range map[string]struct {
		told   []Data
		cases  []Status
		victim string // why it left the first case
		status Status
	}{
		"killed in the first round": {
			[]Data{CaseEvent{Case: "1", Variants: variants()}},
			[]Status{Partial}, "", Partial,
		},
		"a first strike": {
			[]Data{
				CaseEvent{Case: "1", Variants: variants()},
				FailureEvent{Failure: Failure{Case: "1", Variant: "victim", Message: "boom"}},
			},
			[]Status{Partial}, "", Partial,
		},
		"struck out": {
			[]Data{
				CaseEvent{Case: "1", Variants: variants()},
				FailureEvent{Failure: Failure{Case: "1", Variant: "victim", Message: "boom", StruckOut: true}},
			},
			[]Status{Partial}, "boom", Partial,
		},
		"killed in the second case": {
			[]Data{
				CaseEvent{Case: "1", Variants: variants()},
				FailureEvent{Failure: Failure{Case: "1", Variant: "victim", Message: "boom", StruckOut: true}},
				CaseEndEvent{Case: "1", Status: Hung},
				CaseEvent{Case: "2", Variants: variants()},
			},
			[]Status{Hung, Partial}, "boom", Hung,
		},
		"killed before the document was written": {
			[]Data{
				CaseEvent{Case: "1", Variants: variants()},
				CaseEndEvent{Case: "1", Status: Complete},
			},
			[]Status{Complete}, "", Partial,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := journalOf(t, func(tell func(Data)) {
				tell(ExperimentEvent{Result: Result{SchemaVersion: SchemaVersion, Experiment: Experiment{Name: "e"}}})
				for _, e := range c.told {
					tell(e)
				}
			})
			found, err := Recover(path)
			if err != nil || len(found.Documents) != 1 {
				t.Fatalf("%+v, error %v; want one document", found, err)
			}
			defer found.Close()
			r := found.Documents[0]
			var got []Status
			for i := range r.Cases {
				got = append(got, r.Cases[i].Status)
			}
			if r.Status != c.status || len(got) != len(c.cases) {
				t.Fatalf("status %s, cases %v; want %s and %v", r.Status, got, c.status, c.cases)
			}
			for i := range got {
				if got[i] != c.cases[i] {
					t.Errorf("case %d is %s, want %s", i+1, got[i], c.cases[i])
				}
			}
			for _, v := range r.Cases[0].Variants {
				want := ""
				if v.Name == "victim" {
					want = c.victim
				}
				if v.Failure != want {
					t.Errorf("variant %s left for %q, want %q", v.Name, v.Failure, want)
				}
			}
		})
	}
}

// A journal whose lines are whole is never refused: what does not fit is named.
func TestWhatDoesNotFitIsLeftOut(t *testing.T) {
	path := journalOf(t, func(tell func(Data)) {
		tell(ExperimentEvent{Result: Result{SchemaVersion: SchemaVersion, Experiment: Experiment{Name: "e"}}})
		tell(CaseEvent{Case: "1", Variants: []Variant{{Name: "base", Role: RoleBaseline}}})
		tell(FailureEvent{Failure: Failure{Case: "1", Variant: "nobody", StruckOut: true}})
	})
	found, err := Recover(path)
	if err != nil || len(found.Documents) != 1 || len(found.Documents[0].Failures) != 1 {
		t.Fatalf("%+v, error %v; want a document with the failure", found, err)
	}
	defer found.Close()
	if len(found.Damage) != 1 || !strings.Contains(found.Damage[0], `variant "nobody"`) {
		t.Errorf("damage %q, want one that names the variant", found.Damage)
	}
}

func journalOf(t *testing.T, write func(tell func(data Data))) (path string) {
	t.Helper()
	j, err := CreateJournal(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	write(func(data Data) {
		if _, err := j.Append(Event{Experiment: "e", Data: data}); err != nil {
			t.Fatal(err)
		}
	})
	return j.Path()
}
