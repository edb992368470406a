package record

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// docs/results.md names every field that a document may lack.
func TestDocumentedOptionalFields(t *testing.T) {
	page, err := os.ReadFile("../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sentence, _ := strings.Cut(string(page), "Left out when empty are only ")
	sentence, _, _ = strings.Cut(sentence, "\n")
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any
			Required   []string
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	optional := map[string]bool{}
	for object, def := range schema.Defs {
		for name := range def.Properties {
			if slices.Contains(def.Required, name) {
				continue
			}
			optional[name] = true
			if !strings.Contains(sentence, "`"+name+"`") {
				t.Errorf("docs/results.md does not say that %s.%s may be left out", object, name)
			}
		}
	}
	if named := strings.Count(sentence, "`") / 2; named != len(optional) {
		t.Errorf("docs/results.md names %d fields that may be left out, the schema has %d", named, len(optional))
	}
}

// docs/results.md names every kind of event.
func TestDocumentedEvents(t *testing.T) {
	page, err := os.ReadFile("../../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| kind | what happened |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, d := range Kinds() {
		if !strings.Contains(table, "`"+d.kind()+"`") {
			t.Errorf("the table of events has no %s", d.kind())
		}
	}
}
