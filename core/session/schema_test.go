package session

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/assay-bench/assay/core/record"
)

// sameAsJournal holds the written document against what its journal tells.
func sameAsJournal(t *testing.T, folder string, s *Session, r *record.Result) {
	t.Helper()
	written := fromFile(t, folder, r)
	fitsSchema(t, filepath.Join(folder, r.Experiment.Name+".json"))
	events, torn, err := record.ReadJournal(s.Journal())
	if err != nil || torn {
		t.Fatalf("journal: torn %v, error %v", torn, err)
	}
	eventsFitTheirSchema(t, events)
	ledger := record.NewLedger()
	ledger.Ended = func(*record.Result, *record.Case, int) error { return nil } // keeps the samples
	for _, e := range events {
		if err := ledger.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	replayed := ledger.Find(r.Experiment.Name)
	for i := range replayed.Cases {
		if diff := cmp.Diff(written.Cases[i].Rounds, replayed.Cases[i].Rounds); diff != "" {
			t.Errorf("rounds differ between document and journal:\n%s", diff)
		}
		if diff := cmp.Diff(outcome(written.Cases[i]), outcome(replayed.Cases[i])); diff != "" {
			t.Errorf("how the case ended differs between document and journal:\n%s", diff)
		}
	}
	if diff := cmp.Diff(written.Failures, replayed.Failures); diff != "" {
		t.Errorf("failures differ between document and journal:\n%s", diff)
	}
	if diff := cmp.Diff(written.Probe, replayed.Probe); diff != "" {
		t.Errorf("the probe differs between document and journal:\n%s", diff)
	}
}

// fromFile is the document of a result as its file has it: a session keeps no samples
// in memory.
func fromFile(t *testing.T, folder string, r *record.Result) *record.Result {
	t.Helper()
	out, err := record.ReadResult(filepath.Join(folder, r.Experiment.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// eventsFitTheirSchema holds every line of a journal against the published schema.
func eventsFitTheirSchema(t *testing.T, events []record.Event) {
	t.Helper()
	byKind := map[string]*jsonschema.Schema{}
	for _, e := range events {
		c := byKind[e.Kind()]
		if c == nil {
			c = compiled(t, schemaOf(t, e.Kind()))
			byKind[e.Kind()] = c
		}
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(v); err != nil {
			t.Errorf("event %d (%s) does not fit the schema: %.600v", e.Seq, e.Kind(), err)
			return
		}
	}
}

// schemaOf is the alternative for one kind of event, whose errors are readable.
func schemaOf(t *testing.T, kind string) []byte {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(record.EventSchema, &all); err != nil {
		t.Fatal(err)
	}
	for _, a := range all["oneOf"].([]any) {
		one := a.(map[string]any)
		if one["properties"].(map[string]any)["kind"].(map[string]any)["const"] == kind {
			one["$defs"] = all["$defs"]
			text, err := json.Marshal(one)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	t.Fatalf("the schema has no event %q", kind)
	return nil
}

// compiledSchemas are those of this run of the tests, by their text.
var compiledSchemas sync.Map

func compiled(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	if made, ok := compiledSchemas.Load(string(text)); ok {
		return made.(*jsonschema.Schema)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	compiledSchemas.Store(string(text), out)
	return out
}

// outcome of a case: its status, and why which variant left it.
func outcome(c record.Case) map[string]string {
	out := map[string]string{"status": string(c.Status)}
	for _, v := range c.Variants {
		out[v.Name] = v.Failure
	}
	return out
}

// fitsSchema holds a written document against the published schema.
func fitsSchema(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t, record.Schema).Validate(doc); err != nil {
		t.Errorf("%s does not fit the schema: %v", path, err)
	}
}
