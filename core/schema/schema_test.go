package schema

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

var update = flag.Bool("update", false, "write the golden files")

func ptr(f float64) *float64 { return &f }

func sample() *pluginv1.Block {
	return &pluginv1.Block{
		Description: "What to multiply.",
		Attributes: []*pluginv1.Attribute{
			{Name: "model", Type: "string", Required: true, Description: "Shape preset"},
			{Name: "bits", Type: "number", DefaultJson: "4", OneOfJson: []string{"4", "8"}, Integer: true},
			{Name: "tokens", Type: "list(number)", DefaultJson: "[1]", Integer: true, Min: ptr(1), Max: ptr(4096)},
			{Name: "combine", Type: "string", DefaultJson: `"fp32"`, OneOfJson: []string{`"fp32"`, `"exact"`}},
			{Name: "tags", Type: "map(string)", Description: "Yours | not ours"},
			{Name: "tile", Type: "object({rows=number, cols=optional(number, 8)})"},
			{Name: "extra", Type: "any"},
			{Name: "old", Type: "bool", Deprecated: "use bits"},
		},
		Blocks: []*pluginv1.NestedBlock{
			{TypeName: "weights", MaxItems: 1, Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
				{Name: "seed", Type: "number", DefaultJson: "1"}, {Name: "scale", Type: "number"},
			}}},
			{TypeName: "patch", MinItems: 1, MaxItems: 2, Block: &pluginv1.Block{
				Description: "One patch.", Attributes: []*pluginv1.Attribute{{Name: "name", Type: "string", Required: true}},
			}},
		},
	}
}

func compiled(t testing.TB, b *pluginv1.Block) *Block {
	t.Helper()
	out, err := Compile("test", b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// layers parses sources as bodies that see matrix.k = 3.
func layers(t testing.TB, sources ...string) ([]Layer, map[string]*hcl.File) {
	t.Helper()
	scope := &hcl.EvalContext{Variables: map[string]cty.Value{
		"matrix": cty.ObjectVal(map[string]cty.Value{"k": cty.NumberIntVal(3), "many": cty.ListVal(slices.Repeat([]cty.Value{cty.True}, 2000))}),
	}}
	var out []Layer
	files := map[string]*hcl.File{}
	for i, src := range sources {
		name := string(rune('a'+i)) + ".hcl"
		f, diags := hclsyntax.ParseConfig([]byte(src), name, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		files[name] = f
		out = append(out, Layer{Body: f.Body, Scope: scope, Range: f.Body.MissingItemRange()})
	}
	return out, files
}

func TestDecodeMerges(t *testing.T) {
	cases := []struct {
		name    string
		sources []string
		want    string
	}{
		{
			"defaults", []string{"model = \"m\"\npatch { name = \"p\" }"},
			`{"bits":4,"combine":"fp32","extra":null,"model":"m","old":null,"patch":[{"name":"p"}],"tags":null,"tile":null,"tokens":[1],"weights":null}`,
		},
		{
			"a later layer overrides attributes and single blocks by attribute, repeated blocks as a whole",
			[]string{
				"model = \"m\"\nbits = 8\ntokens = [matrix.k]\npatch { name = \"p\" }\npatch { name = \"q\" }\nweights {\n seed = 7\n scale = 2\n}",
				"bits = 4\npatch { name = \"r\" }\nweights { scale = 3 }\ntile = { rows = 2 }\nextra = [1, \"a\"]",
			},
			`{"bits":4,"combine":"fp32","extra":[1,"a"],"model":"m","old":null,"patch":[{"name":"r"}],"tags":null,"tile":{"cols":8,"rows":2},"tokens":[3],"weights":{"scale":3,"seed":7}}`,
		},
		{
			"null means the default", []string{"model = \"m\"\nbits = 8\npatch { name = \"p\" }", "bits = null"},
			`{"bits":4,"combine":"fp32","extra":null,"model":"m","old":null,"patch":[{"name":"p"}],"tags":null,"tile":null,"tokens":[1],"weights":null}`,
		},
		{
			"dynamic blocks", []string{"model = \"m\"\ndynamic \"patch\" {\n for_each = [\"x\", \"y\"]\n content { name = patch.value }\n}"},
			`{"bits":4,"combine":"fp32","extra":null,"model":"m","old":null,"patch":[{"name":"x"},{"name":"y"}],"tags":null,"tile":null,"tokens":[1],"weights":null}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ls, _ := layers(t, c.sources...)
			d, diags := compiled(t, sample()).Decode(ls, hcl.Range{}, Files{})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if string(d.JSON) != c.want {
				t.Errorf("got  %s\nwant %s", d.JSON, c.want)
			}
			validate(t, compiled(t, sample()), d.JSON)
		})
	}
}

// validate checks that a decoded configuration agrees with the JSON Schema of
// the same block.
func validate(t testing.TB, b *Block, raw []byte) {
	t.Helper()
	text, err := json.Marshal(b.JSONSchema("test"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Fatalf("%s does not validate: %v\n%s", raw, err, text)
	}
}

func TestDecodeFaults(t *testing.T) {
	faults(t, sample(), Files{}, sampleFaults)
}

// faults decodes each source and looks for its text in what is printed.
func faults(t *testing.T, of *pluginv1.Block, files Files, cases []faultCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ls, sources := layers(t, c.source)
			_, diags := compiled(t, of).Decode(ls, hcl.Range{}, files)
			var text strings.Builder
			if err := diag.Write(&text, diags, sources, false, 0); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text.String(), c.want) {
				t.Errorf("want %q in\n%s", c.want, text.String())
			}
			for _, d := range diags {
				if d.Subject == nil || d.Detail == "" {
					t.Errorf("no place or no advice: %v", d)
				}
			}
		})
	}
}

type faultCase struct{ name, source, want string }

var sampleFaults = []faultCase{
	{"missing", `patch { name = "p" }`, `The argument "model" is required: a string (Shape preset).`},
	{"misspelt", "modle = \"m\"\nmodel=\"m\"\npatch { name = \"p\" }", `Did you mean "model"?`},
	{"not one of", "bits = 5\nmodel=\"m\"\npatch { name = \"p\" }", `"bits": 5 is not one of the allowed values: 4, 8.`},
	{"not whole, in a list", "tokens = [1, 1.5]\nmodel=\"m\"\npatch { name = \"p\" }", `"tokens": element 1: 1.5 is not a whole number.`},
	{"too large", "tokens = [5000]\nmodel=\"m\"\npatch { name = \"p\" }", "5000 is above the greatest allowed value, 4096"},
	{"suggested value", "combine = \"fp23\"\nmodel=\"m\"\npatch { name = \"p\" }", `Did you mean "fp32"?`},
	{"wrong type", "bits = [4]\nmodel=\"m\"\npatch { name = \"p\" }", "It takes a whole number, one of 4, 8."},
	{"wrong type inside", "tile = { rows = true }\nmodel=\"m\"\npatch { name = \"p\" }", `"tile": attribute "rows": `},
	{"wrong element", "tokens = [1, \"x\"]\nmodel=\"m\"\npatch { name = \"p\" }", `"tokens": [1]: a number is required`},
	{"null inside", "tokens = [null]\nmodel=\"m\"\npatch { name = \"p\" }", "element 0 is null"},
	{"null for required", "model = null\npatch { name = \"p\" }", "cannot be null"},
	{"missing block", `model = "m"`, `At least 1 "patch" block(s) are required here; there are 0.`},
	{"too many blocks", "model=\"m\"\npatch { name=\"a\" }\npatch { name=\"b\" }\npatch { name=\"c\" }", "At most 2"},
	{"duplicate block", "model=\"m\"\npatch { name=\"a\" }\nweights {}\nweights {}", "the first is at a.hcl:3"},
	{"deprecated", "model=\"m\"\npatch { name=\"a\" }\nold = true", `"old" is deprecated: use bits`},
	{"infinite", "model=\"m\"\npatch { name=\"a\" }\nextra = 1/0", "not finite"},
	{"too many generated", "model=\"m\"\ndynamic \"patch\" {\n for_each = matrix.many\n content {}\n}", "would make 2000 blocks"},
}

func TestCompileRefusesBadSchemas(t *testing.T) {
	attr := func(a *pluginv1.Attribute) *pluginv1.Block {
		if a.Name == "" {
			a.Name = "a"
		}
		return &pluginv1.Block{Attributes: []*pluginv1.Attribute{a}}
	}
	deep := &pluginv1.Block{}
	for range 40 {
		deep = &pluginv1.Block{Blocks: []*pluginv1.NestedBlock{{TypeName: "b", Block: deep}}}
	}
	cases := []struct {
		name  string
		block *pluginv1.Block
		want  string
	}{
		{"no type", attr(&pluginv1.Attribute{}), `attribute "a": type ""`},
		{"unknown type", attr(&pluginv1.Attribute{Type: "strin"}), "strin"},
		{"bad name", attr(&pluginv1.Attribute{Name: "a b", Type: "string"}), "not an HCL identifier"},
		{"twice", &pluginv1.Block{Attributes: []*pluginv1.Attribute{{Name: "a", Type: "bool"}, {Name: "a", Type: "bool"}}}, "used twice"},
		{"attribute and block", &pluginv1.Block{
			Attributes: []*pluginv1.Attribute{{Name: "a", Type: "bool"}}, Blocks: []*pluginv1.NestedBlock{{TypeName: "a"}},
		}, "used twice"},
		{"dynamic", &pluginv1.Block{Blocks: []*pluginv1.NestedBlock{{TypeName: "dynamic"}}}, "dynamic"},
		{"default of another type", attr(&pluginv1.Attribute{Type: "number", DefaultJson: `"x"`}), "default"},
		{"default not JSON", attr(&pluginv1.Attribute{Type: "number", DefaultJson: `{`}), "default"},
		{"default not allowed", attr(&pluginv1.Attribute{Type: "number", DefaultJson: "5", OneOfJson: []string{"4"}}), "not one of"},
		{"required with default", attr(&pluginv1.Attribute{Type: "number", DefaultJson: "5", Required: true}), "one of the two is a mistake"},
		{"one of another type", attr(&pluginv1.Attribute{Type: "bool", OneOfJson: []string{`[]`}}), "one_of"},
		{"one of objects", attr(&pluginv1.Attribute{Type: "object({a=string})", OneOfJson: []string{`{}`}}), "one_of is for"},
		{"integer string", attr(&pluginv1.Attribute{Type: "string", Integer: true}), "for numbers"},
		{"min above max", attr(&pluginv1.Attribute{Type: "number", Min: ptr(2), Max: ptr(1)}), "above max"},
		{"huge number", attr(&pluginv1.Attribute{Type: "number", DefaultJson: "1e999999999"}), "out of range"},
		{"min items above max", &pluginv1.Block{Blocks: []*pluginv1.NestedBlock{{TypeName: "b", MinItems: 3, MaxItems: 2}}}, "above max_items"},
		{"too deep", deep, "deep"},
		{"path of a number", attr(&pluginv1.Attribute{Type: "number", Path: true}), "path is for string and list(string)"},
		{"path of a map", attr(&pluginv1.Attribute{Type: "map(string)", Path: true}), "path is for string and list(string)"},
		{"path with one_of", attr(&pluginv1.Attribute{Type: "string", Path: true, OneOfJson: []string{`"a"`}}), "it would be none of them"},
		{"empty path", attr(&pluginv1.Attribute{Type: "list(string)", Path: true, DefaultJson: `["a", ""]`}), "a path cannot be empty"},
		{"bad label", &pluginv1.Block{Blocks: []*pluginv1.NestedBlock{{TypeName: "b", LabelName: "a b"}}}, `label_name "a b" is not an HCL identifier`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile("bad-one", c.block)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "plugin bad-one ") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestDocumentsGolden(t *testing.T) {
	for name, of := range map[string]*pluginv1.Block{"sample": sample(), "labelled": labelled()} {
		b := compiled(t, of)
		schemaText, err := json.MarshalIndent(b.JSONSchema("test"), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/"+name+".md", b.Markdown("config", 2))
		golden(t, "testdata/"+name+".schema.json", string(schemaText)+"\n")
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
