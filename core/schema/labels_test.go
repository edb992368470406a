package schema

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	hcljson "github.com/hashicorp/hcl/v2/json"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// labelled has blocks with a label, and paths.
func labelled() *pluginv1.Block {
	return &pluginv1.Block{
		Attributes: []*pluginv1.Attribute{
			{Name: "dir", Type: "string", DefaultJson: `"."`, Path: true, Description: "Where it runs"},
			{Name: "inputs", Type: "list(string)", Path: true},
		},
		Blocks: []*pluginv1.NestedBlock{
			{TypeName: "phase", LabelName: "name", MinItems: 1, MaxItems: 3, Block: &pluginv1.Block{
				Description: "One figure.", Attributes: []*pluginv1.Attribute{
					{Name: "pattern", Type: "string", Required: true},
					{Name: "unit", Type: "string", DefaultJson: `"call"`},
					{Name: "log", Type: "string", Path: true},
				},
			}},
			{TypeName: "metric", LabelName: "name", Block: &pluginv1.Block{Attributes: []*pluginv1.Attribute{
				{Name: "better", Type: "string", OneOfJson: []string{`"lower"`, `"higher"`}},
			}}},
			{TypeName: "option", LabelName: "key", MaxItems: 1},
		},
	}
}

func TestLabelledBlocksMerge(t *testing.T) {
	const decode = `phase "decode" { pattern = "d" }`
	cases := []struct {
		name    string
		sources []string
		want    string // of phase, metric and option
	}{
		{"none of a kind is an empty object", []string{decode}, `"metric":{},"option":{},"phase":{"decode":{"log":null,"pattern":"d","unit":"call"}}`},
		{
			"the same label merges by attribute, another is added",
			[]string{
				"phase \"prefill\" {\n pattern = \"p\"\n unit = \"tok\"\n}\n" + decode,
				"phase \"decode\" { unit = \"tok\" }\nphase \"prefill\" { pattern = \"q\" }\nmetric \"rms\" {}",
			},
			`"metric":{"rms":{"better":null}},"option":{},"phase":{"decode":{"log":null,"pattern":"d","unit":"tok"},"prefill":{"log":null,"pattern":"q","unit":"tok"}}`,
		},
		{
			"dynamic blocks merge as written ones do",
			[]string{decode, "dynamic \"phase\" {\n for_each = { decode = \"x\", \"a b\" = \"y\" }\n labels = [phase.key]\n content { pattern = phase.value }\n}"},
			`"metric":{},"option":{},"phase":{"a b":{"log":null,"pattern":"y","unit":"call"},"decode":{"log":null,"pattern":"x","unit":"call"}}`,
		},
		{
			"a dynamic block that makes none takes none away",
			[]string{decode, "dynamic \"phase\" {\n for_each = []\n labels = [phase.key]\n content {}\n}"},
			`"metric":{},"option":{},"phase":{"decode":{"log":null,"pattern":"d","unit":"call"}}`,
		},
		{"a single one keeps its label", []string{decode, `option "turbo" {}`}, `"metric":{},"option":{"turbo":{}},"phase":{"decode":{"log":null,"pattern":"d","unit":"call"}}`},
		{
			"a label in two spellings of Unicode is one label",
			[]string{"phase \"d\u00e9\" { pattern = \"d\" }", "phase \"de\u0301\" { unit = \"tok\" }"},
			"\"metric\":{},\"option\":{},\"phase\":{\"d\u00e9\":{\"log\":null,\"pattern\":\"d\",\"unit\":\"tok\"}}",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ls, _ := layers(t, c.sources...)
			b := compiled(t, labelled())
			d, diags := b.Decode(ls, hcl.Range{}, Files{Base: "/"})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if want := `{"dir":"/","inputs":null,` + c.want + "}"; string(d.JSON) != want {
				t.Errorf("got  %s\nwant %s", d.JSON, want)
			}
			validate(t, b, d.JSON)
		})
	}
}

func TestLabelledBlocksInJSON(t *testing.T) {
	for source, want := range map[string]string{
		`{"phase": {"decode": {"pattern": "d"}, "prefill": {"pattern": "p"}}}`:               "",
		`{"phase": [{"decode": {"pattern": "d"}}, {"decode": {"unit": "tok"}}]}`:             `There is a phase "decode" at a.json:1 already.`,
		`{"phase": {"": {"pattern": "d"}}}`:                                                  "Every phase block has a name.",
		`{"phase": {}}`:                                                                      `At least 1 "phase" block(s) are required here; there are 0.`,
		`{"phase": {"decode": {"pattern": "d"}, "prefill": {"pattern": "p"}}, "metric": {}}`: "",
	} {
		f, diags := hcljson.Parse([]byte(source), "a.json")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		d, diags := compiled(t, labelled()).Decode([]Layer{{Body: f.Body}}, hcl.Range{}, Files{Base: "/"})
		if want == "" {
			if diags.HasErrors() || !strings.Contains(string(d.JSON), `"prefill":{"log":null,"pattern":"p"`) {
				t.Errorf("%s: %s, %v", source, d.JSON, diags)
			}
		} else if !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %v, want %q", source, diags, want)
		}
	}
}

func TestLabelledBlockFaults(t *testing.T) {
	faults(t, labelled(), Files{Base: "/"}, []faultCase{
		{"none", "", `At least 1 "phase" block(s) are required here; there are 0.`},
		{"too many", `phase "a" { pattern = "" }` + "\n" + `phase "b" { pattern = "" }` + "\n" + `phase "c" { pattern = "" }` + "\n" + `phase "d" { pattern = "" }`, `At most 3 "phase" blocks are`},
		{"too many of one", `phase "a" { pattern = "" }` + "\noption \"a\" {}\noption \"b\" {}", `At most 1 "option" block is`},
		{"twice in a layer", `phase "a" { pattern = "" }` + "\n" + `phase "a" { unit = "" }`, `There is a phase "a" at a.hcl:1 already. Give one of the two another name.`},
		{"no label", `phase { pattern = "" }`, `Every phase block has a name. Write phase "name" { … }.`},
		{"empty label", `phase "" { pattern = "" }`, "Every phase block has a name."},
		{"two labels", `phase "a" "b" { pattern = "" }`, "Extraneous label for phase"},
		{"misspelt type", `phase "a" { pattern = "" }` + "\n" + `metrik "b" {}`, `Did you mean "metric"?`},
		{"misspelt argument", `phase "a" { patern = "" }`, `Did you mean "pattern"?`},
		{"missing inside", `phase "a" {}`, `The argument "pattern" is required`},
		{"missing inside is at the block", "\n\nphase \"a\" {}", "a.hcl:3"},
		{"value inside", `phase "a" { pattern = "" }` + "\n" + `metric "b" { better = "highest" }`, `Did you mean "higher"?`},
		{"dynamic without labels", "dynamic \"phase\" {\n for_each = [1]\n content {}\n}", "labels"},
		{"dynamic, one label twice", "dynamic \"phase\" {\n for_each = [1, 2]\n labels = [\"a\"]\n content { pattern = \"\" }\n}", `There is a phase "a" at a.hcl:1 already.`},
	})
}

func TestDiagnosticsFindTheLabel(t *testing.T) {
	ls, _ := layers(t,
		"phase \"decode\" { pattern = \"d\" }\nphase \"prefill\" { pattern = \"p\" }\n",
		"phase \"prefill\" { unit = \"tok\" }\n")
	d, diags := compiled(t, labelled()).Decode(ls, hcl.Range{}, Files{Base: "/"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, c := range map[string]struct {
		path []*pluginv1.PathStep
		want string
	}{
		"attribute, first layer":  {path("phase", []byte("prefill"), "pattern"), "a.hcl:2,29-32"},
		"attribute, second layer": {path("phase", []byte("prefill"), "unit"), "b.hcl:1,26-31"},
		"label as a name":         {path("phase", "decode", "pattern"), "a.hcl:1,28-31"},
		"block":                   {path("phase", []byte("prefill")), "a.hcl:2,1-16"},
		"not written":             {path("phase", []byte("decode"), "unit"), "a.hcl:1,1-15"},
		"no such label":           {path("phase", []byte("prefil"), "unit"), "a.hcl:1,1-1"},
		"no label":                {path("phase"), "a.hcl:1,1-15"},
		"none written":            {path("metric", []byte("rms"), "better"), "a.hcl:1,1-1"},
	} {
		out := d.Diagnostics("test", []*pluginv1.Diagnostic{{Summary: "s", Path: c.path}})
		if got := out[0].Subject.String(); got != c.want {
			t.Errorf("%s: at %s, want %s", name, got, c.want)
		}
	}
}
