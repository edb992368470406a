package record

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite golden files")

// generate renders the schema of the Go types. Fields are required unless
// their tag says omitempty; pointers may be null.
func generate(t *testing.T) []byte {
	t.Helper()
	r := jsonschema.Reflector{AllowAdditionalProperties: false, Namer: func(t reflect.Type) string {
		if path.Base(t.PkgPath()) == "judge" {
			return "Judge" + t.Name() // judge and record both have a Look and a Control
		}
		return t.Name()
	}}
	s := r.Reflect(&Result{})
	s.ID = "https://assay-bench.github.io/schema/result-v2.json"
	s.Title = "Assay result document"
	raw, err := json.Marshal(s)
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
	}
	switch n := node.(type) {
	case map[string]any:
		if props, ok := n["properties"].(map[string]any); ok {
			for name, p := range props {
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
	want := generate(t)
	if *update {
		if err := os.WriteFile("result.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(Schema)); diff != "" {
		t.Errorf("result.schema.json is not what the types say; run go test ./core/record -update\n%s", diff)
	}
}

// Validate holds a document against the committed schema.
func validate(t *testing.T, doc []byte) error {
	t.Helper()
	schema, err := validator.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource("result.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("result.json")
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
