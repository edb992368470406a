package config

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// The schema takes what files are read with, and refuses what they are not.
func TestJSONSchema(t *testing.T) {
	text, err := json.Marshal(JSONSchema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource("experiment.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("experiment.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/hcl.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	for name, x := range map[string]struct {
		text string
		good bool
	}{
		"the example of docs/hcl.md": {example, true},
		"asserts":                    {jsonAsserts, true},
		"everything": {`{"//": "a comment", "assay": {"required_plugins": {"p": {"source": "a/p"}}},
			"variable": {"v": [{"type": "list(string)", "validation": [{"condition": "${true}", "error_message": "no"}]}]}, "locals": {"any": 1},
			"experiment": [{"x": {"plugin": "p", "build": {"command": ["make"]}, "config": {"anything": {"goes": 1}}, "metadata": {"mine": true},
				"variant": [{"a": {"baseline": true}}, {"b": {"build": {"ref": "main"}, "config": {"c": 2}}}],
				"measure": {"rounds": 8, "require": {"power": "ac"}}, "output": {"append": "rows.json"},
				"dynamic": {"guardrail": {"for_each": [1], "labels": ["g"], "content": {}}}}}]}`, true},
		"a misspelled argument":          {`{"experiment": {"x": {"plugn": "p"}}}`, false},
		"a misspelled block":             {`{"experiment": {"x": {"guardrails": {"g": {}}}}}`, false},
		"an argument of a guardrail":     {`{"experiment": {"x": {"guardrail": {"g": {"phases": "decode"}}}}}`, false},
		"a block without its label":      {`{"experiment": {"x": {"guardrail": {"phase": "decode"}}}}`, false},
		"a validation without a message": {`{"variable": {"v": {"validation": {"condition": true}}}}`, false},
		"no object":                      {`[]`, false},
	} {
		value, err := validator.UnmarshalJSON(strings.NewReader(x.text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(value); (err == nil) != x.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Every block whose content is read by a schema is in it.
	defs := JSONSchema()["$defs"].(map[string]any)
	if want := len(innerSchemas) + len(outerSchemas); len(defs) != want {
		t.Errorf("%d blocks in the schema, %d in the language", len(defs), want)
	}
}
