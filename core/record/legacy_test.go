package record

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The journals and documents in testdata were written by version 0.1.0, whose
// documents have schema 1. They are read as they always were.
func TestJournalsOfSchema1AreRead(t *testing.T) {
	for _, name := range []string{"complete", "crashed", "killed"} {
		t.Run(name, func(t *testing.T) {
			events, torn, err := ReadJournal(filepath.Join("testdata", "v1-"+name+".jsonl"))
			if err != nil || torn {
				t.Fatalf("torn %v, error %v", torn, err)
			}
			l := foldWhole(t, events)
			if len(l.Results) != 1 {
				t.Fatalf("%d documents, want one", len(l.Results))
			}
			samples := 0
			for _, e := range events {
				if _, ok := e.Data.(SampleEvent); ok {
					samples++
				}
			}
			r := l.Results[0]
			for i := range r.Cases {
				for _, d := range r.Cases[i].Rounds {
					for k := range d.Visits {
						samples -= d.Visits[k].Samples.Len()
					}
				}
			}
			if samples != 0 {
				t.Errorf("%d samples of the journal are not in the document", samples)
			}
		})
	}
}

// A document of schema 1 is what its journal folds into.
func TestDocumentsOfSchema1AreRead(t *testing.T) {
	old, err := ReadResult(filepath.Join("testdata", "v1-complete.json"))
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := ReadJournal(filepath.Join("testdata", "v1-complete.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	l := foldWhole(t, events)
	sameMeasurements(t, old, l.Find("patches"))
	if d := old.Cases[0].Rounds[0]; len(d.Processes) != 1 || d.Processes[0].PID == 0 || d.Processes[0].Device.Name == "" || !slices.Equal(d.Processes[0].Arms, d.Arms) {
		t.Errorf("the process of the first round is %+v", d.Processes)
	}
	if len(old.Cases[0].Variants[0].Checks) == 0 {
		t.Error("the baseline has no checks")
	}
	// Written again, it is a document of today.
	path := filepath.Join(t.TempDir(), "again.json")
	if err := WriteResult(path, old, nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join("testdata", "v1-complete.json"))
	if err != nil || len(text)*2 > len(before) {
		t.Errorf("%d bytes, of schema 1 %d (%v); want less than half", len(text), len(before), err)
	}
	again, err := ReadResult(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(old, again, cmpopts.EquateEmpty(), compact); diff != "" {
		t.Errorf("written and read again it differs:\n%s", diff)
	}
}

// What the version that wrote the journal recovered from it is recovered today.
func TestRecoverReadsSchema1(t *testing.T) {
	recovery, err := Recover(filepath.Join("testdata", "v1-killed.jsonl"))
	if err != nil || len(recovery.Documents) != 1 || len(recovery.Damage) > 0 {
		t.Fatalf("%+v, error %v; want one document", recovery, err)
	}
	defer recovery.Close()
	path := filepath.Join(t.TempDir(), "recovered.json")
	if err := recovery.Documents[0].Write(path); err != nil {
		t.Fatal(err)
	}
	found, err := ReadResult(path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := ReadResult(filepath.Join("testdata", "v1-killed-recovered.json"))
	if err != nil {
		t.Fatal(err)
	}
	sameMeasurements(t, old, found)
	if found.Status != old.Status || found.Verdict != old.Verdict {
		t.Errorf("status %s, verdict %s; want %s and %s", found.Status, found.Verdict, old.Status, old.Verdict)
	}
	if diff := cmp.Diff(old.Cases[0].Variants, found.Cases[0].Variants, cmpopts.EquateEmpty(), cmpopts.EquateApprox(1e-12, 0), compact); diff != "" {
		t.Errorf("what follows from the samples differs:\n%s", diff)
	}
}

// foldWhole folds events, and keeps the samples.
func foldWhole(t *testing.T, events []Event) *Ledger {
	t.Helper()
	l := NewLedger()
	l.Ended = func(*Result, *Case, int) error { return nil }
	for _, e := range events {
		if err := l.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// compact compares JSON by its content.
var compact = cmp.Transformer("compact", func(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return string(raw)
	}
	return b.String()
})

func sameMeasurements(t *testing.T, want, got *Result) {
	t.Helper()
	if got == nil {
		t.Fatal("the journal says nothing of the experiment")
	}
	for i := range want.Cases {
		if diff := cmp.Diff(want.Cases[i].Rounds, got.Cases[i].Rounds, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("case %s: rounds differ between document and journal:\n%.2000s", want.Cases[i].ID, diff)
		}
	}
	if diff := cmp.Diff(want.Failures, got.Failures, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("failures differ:\n%s", diff)
	}
}
