package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A document that is written a round at a time is the JSON of its type.
func TestDocumentsAreWrittenAsJSONHasThem(t *testing.T) {
	for _, name := range []string{"v1-complete.json", "v1-killed-recovered.json"} {
		r, err := ReadResult(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		r.Cases[0].Races = []Race{{Select: "fastest", Rounds: r.Cases[0].Rounds[:1]}}
		var got bytes.Buffer
		if err := r.Encode(&got, nil); err != nil {
			t.Fatal(err)
		}
		for i := range r.Cases {
			for j := range r.Cases[i].Variants {
				r.Cases[i].Variants[j].Checks = nil
			}
		}
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want)+"\n", got.String()); diff != "" {
			t.Errorf("%s: %.2000s", name, diff)
		}
		if err := validate(t, got.Bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What was never filled in is written empty where the schema asks for it.
func TestNothingFilledInIsValid(t *testing.T) {
	r := &Result{SchemaVersion: SchemaVersion, Stored: []Stored{{}}, Programs: []Program{{}}, Failures: []Failure{{}}, Findings: []Finding{{}}, Selections: []Selection{{}}}
	r.Experiment.Selects, r.Experiment.Guardrails = []Select{{}}, []Guardrail{{}}
	r.Cases = []Case{{
		Variants: []Variant{{Phases: map[string]PhaseSummary{"decode": {Ratio: &Ratio{}, Share: &Share{}}}, Kernels: map[string]Kernels{"decode": {}}}},
		Searches: []Search{{}}, Races: []Race{{Candidates: []Candidate{{}}, Rounds: []Round{{}}}},
		Rounds: []Round{{
			Order: map[string][]string{"decode": nil}, Processes: []Process{{}}, Yardsticks: []Yardstick{{}}, Waits: []Wait{{}},
			Prepared: []Prepared{{Numbers: map[string]Numbers{"out": {}}}}, Released: []Released{{}}, Visits: []Visit{{}},
		}},
	}}
	var got bytes.Buffer
	if err := r.Encode(&got, nil); err != nil {
		t.Fatal(err)
	}
	if err := validate(t, got.Bytes()); err != nil {
		t.Error(err)
	}
}

// The samples that a ledger let go come back out of the journal; where they do not,
// the document says which round is lost, and is not written.
func TestSamplesComeBackFromTheJournal(t *testing.T) {
	path := filepath.Join("testdata", "v1-killed.jsonl")
	events, _, err := ReadJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	want, lean := foldWhole(t, events).Results[0], NewLedger()
	for _, e := range events {
		if err := lean.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	var a, b bytes.Buffer
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	whole := io.NewSectionReader(f, 0, info.Size())
	if err := want.Encode(&a, nil); err != nil {
		t.Fatal(err)
	}
	if err := lean.Results[0].Encode(&b, whole); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.String(), b.String()); diff != "" {
		t.Errorf("%.2000s", diff)
	}
	var lost *LostSamples
	err = lean.Results[0].Encode(io.Discard, io.NewSectionReader(f, 0, info.Size()/2))
	if !errors.As(err, &lost) || lost.Case != want.Cases[0].ID {
		t.Errorf("error %v, want the round whose samples are lost", err)
	}
}
