package record

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path"
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite golden files")

// reflector makes schemas of Go types. Fields are required unless their tag says
// omitempty; pointers may be null.
func reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{AllowAdditionalProperties: false, Namer: func(t reflect.Type) string {
		if path.Base(t.PkgPath()) == "judge" {
			return "Judge" + t.Name() // judge and record both have a Look and a Control
		}
		return t.Name()
	}}
}

// generate renders the schema of result documents.
func generate(t *testing.T) []byte {
	t.Helper()
	s := reflector().Reflect(&Result{})
	s.ID = "https://assay-bench.github.io/schema/result-v2.json"
	s.Title = "Assay result document"
	return render(t, s)
}

// generateEvents renders the schema of events: one alternative for each kind.
func generateEvents(t *testing.T) []byte {
	t.Helper()
	defs, alternatives := map[string]any{}, []any{}
	for _, d := range Kinds() {
		raw, err := json.Marshal(reflector().Reflect(d))
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			Ref  string         `json:"$ref"`
			Defs map[string]any `json:"$defs"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		maps.Copy(defs, s.Defs)
		alternatives = append(alternatives, map[string]any{
			"type": "object", "additionalProperties": false, "required": []string{"seq", "time", "kind", "data"},
			"properties": map[string]any{
				"seq": map[string]any{"type": "integer"}, "time": map[string]any{"type": "string", "format": "date-time"},
				"experiment": map[string]any{"type": "string"}, "kind": map[string]any{"const": d.kind()}, "data": map[string]any{"$ref": s.Ref},
			},
		})
	}
	return render(t, map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://assay-bench.github.io/schema/event-v2.json",
		"title": "Assay event", "oneOf": alternatives, "$defs": defs,
	})
}

func render(t *testing.T, schema any) []byte {
	t.Helper()
	raw, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	nullable(tree)
	out, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// nullable lets fields that are Go pointers be null, which the generator does
// not: they are listed by name, since a name means one thing in all documents.
func nullable(node any) {
	pointers := map[string]bool{
		"lower": true, "upper": true, "noise_floor": true, "estimate": true, "median_ratio": true, "ratio": true,
		"model": true, "mlx_version": true, "git_sha": true, "git_dirty": true, "notes": true, "device_probe": true,
		"against_best": true,
	}
	switch n := node.(type) {
	case map[string]any:
		if props, ok := n["properties"].(map[string]any); ok {
			for name, p := range props {
				if items, ok := p.(map[string]any); ok && name == "values" && items["items"] != nil { // a round may have none
					items["items"] = map[string]any{"anyOf": []any{items["items"], map[string]any{"type": "null"}}}
				}
				if pointers[name] {
					props[name] = map[string]any{"anyOf": []any{p, map[string]any{"type": "null"}}}
				}
			}
		}
		for _, v := range n {
			nullable(v)
		}
	case []any:
		for _, v := range n {
			nullable(v)
		}
	}
}

func TestSchemaIsCurrent(t *testing.T) {
	for file, s := range map[string]struct{ want, have []byte }{
		"result.schema.json": {generate(t), Schema}, "event.schema.json": {generateEvents(t), EventSchema},
	} {
		if *update {
			if err := os.WriteFile(file, s.want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(s.want), string(s.have)); diff != "" {
			t.Errorf("%s is not what the types say; run go test ./core/record -update\n%s", file, diff)
		}
	}
}

// compiled is the committed schema.
var compiled = sync.OnceValues(func() (*validator.Schema, error) {
	schema, err := validator.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		return nil, err
	}
	c := validator.NewCompiler()
	if err := c.AddResource("result.json", schema); err != nil {
		return nil, err
	}
	return c.Compile("result.json")
})

// Validate holds a document against the committed schema.
func validate(t *testing.T, doc []byte) error {
	t.Helper()
	s, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	inst, err := validator.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(inst)
}

func TestSchemaRefusesWrongDocuments(t *testing.T) {
	for name, doc := range map[string]string{
		"empty":         `{}`,
		"wrong type":    `{"schema_version":"one"}`,
		"unknown field": `{"schema_version":1,"surprise":true}`,
	} {
		if err := validate(t, []byte(doc)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
