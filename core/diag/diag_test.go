package diag

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/internal/visible"
)

var update = flag.Bool("update", false, "write the golden files")

const source = "experiment \"x\" {\n\tvariant \"ünïcode\" {\n\t\tconfig { fusd = matrix.bits + var.list[0] }\n\t}\n}\n"

func sample(t *testing.T) (hcl.Diagnostics, map[string]*hcl.File) {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(source), "a.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	attr := f.Body.(*hclsyntax.Body).Blocks[0].Body.Blocks[0].Body.Blocks[0].Body.Attributes["fusd"]
	scope := &hcl.EvalContext{Variables: map[string]cty.Value{
		"matrix": cty.ObjectVal(map[string]cty.Value{"bits": cty.NumberIntVal(5)}),
		"var":    cty.ObjectVal(map[string]cty.Value{"list": cty.TupleVal([]cty.Value{cty.StringVal("x")})}),
	}}
	return hcl.Diagnostics{
		{
			Severity: hcl.DiagError, Summary: "Invalid value", Detail: "5 is not allowed. Write one of the values that the plugin knows, which are 2, 3, 4, 6 and 8.",
			Subject: attr.Expr.Range().Ptr(), Expression: attr.Expr, EvalContext: scope,
		},
		{Severity: hcl.DiagWarning, Summary: "Elsewhere", Detail: "Line one.\n\nLine three.", Subject: &hcl.Range{Filename: "b.hcl", Start: hcl.Pos{Line: 7, Column: 3, Byte: 90}, End: hcl.Pos{Line: 7, Column: 4, Byte: 91}}},
		{Severity: hcl.DiagError, Summary: "Unsupported argument", Detail: "Did you mean \"fused\"?", Subject: attr.NameRange.Ptr()},
		{Severity: hcl.DiagError, Summary: "Unsupported argument", Detail: "Did you mean \"fused\"?", Subject: attr.NameRange.Ptr()},
		{Severity: hcl.DiagError, Summary: "Nowhere"},
	}, map[string]*hcl.File{"a.hcl": f}
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

func TestGolden(t *testing.T) {
	diags, files := sample(t)
	for _, c := range []struct {
		name  string
		color bool
		width int
	}{{"plain", false, 0}, {"narrow", false, 40}, {"color", true, 80}} {
		var b strings.Builder
		if err := Write(&b, diags, files, c.color, c.width); err != nil {
			t.Fatal(err)
		}
		var f visible.Filter
		golden(t, "testdata/"+c.name+".txt", string(f.Text([]byte(b.String()))))
	}
	raw, err := json.MarshalIndent(JSON(diags, files), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/all.json", string(raw)+"\n")
}

func TestNothingToSay(t *testing.T) {
	var b strings.Builder
	if err := Write(&b, nil, nil, false, 0); err != nil || b.String() != "" {
		t.Errorf("%q, %v", b.String(), err)
	}
	if raw, _ := json.Marshal(JSON(nil, nil)); string(raw) != "[]" {
		t.Errorf("%s", raw)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestWriteReturnsErrors(t *testing.T) {
	diags, files := sample(t)
	if err := Write(brokenWriter{}, diags, files, false, 0); err == nil {
		t.Error("no error")
	}
}

// Ranges that do not fit the file, as after it was edited, cost no panic.
func TestRangesOutsideTheFile(t *testing.T) {
	files := map[string]*hcl.File{"a.hcl": {Bytes: []byte("one\ntwo\r\n")}}
	for _, r := range []hcl.Range{
		{}, {Start: hcl.Pos{Byte: 99}, End: hcl.Pos{Byte: 120}}, {Start: hcl.Pos{Byte: -1}},
		{Start: hcl.Pos{Byte: 5}, End: hcl.Pos{Byte: 2}}, {Start: hcl.Pos{Byte: 9}, End: hcl.Pos{Byte: 9}}, {Start: hcl.Pos{Byte: 4}, End: hcl.Pos{Byte: 500}},
	} {
		r.Filename = "a.hcl"
		var b strings.Builder
		if err := Write(&b, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "s", Subject: &r}}, files, false, 80); err != nil {
			t.Error(err)
		}
	}
}

func TestSuggest(t *testing.T) {
	cases := []struct {
		given string
		from  []string
		want  string
	}{
		{"modle", []string{"bits", "model"}, "model"},
		{"GROUPSIZE", []string{"group_size"}, "group_size"},
		{"fp32_nofma", []string{"fp32", "fp32_no_fma"}, "fp32_no_fma"},
		{"a", []string{"b"}, ""},
		{"warm", []string{"cold", "hot"}, ""},
		{"x", nil, ""},
		{"gpu", []string{"auto", "cpu"}, "cpu"},
		{"env", []string{"int", "min"}, ""},
		{"case", []string{"phase", "metric"}, ""},
		{"mian", []string{"lion", "main"}, "main"},
		{"bda", []string{"bad"}, "bad"},
		{"abc", []string{"cab"}, ""},
	}
	for _, c := range cases {
		if got := Suggest(c.given, c.from); got != c.want {
			t.Errorf("Suggest(%q, %v) = %q, want %q", c.given, c.from, got, c.want)
		}
	}
	if got := DidYouMean("zebra", "phases", []string{"decode", "prefill"}); got != "The phases are: decode, prefill." {
		t.Error(got)
	}
	if got := DidYouMean("zebra", "phases", nil); got != "There are no phases." {
		t.Error(got)
	}
}

func TestText(t *testing.T) {
	long := cty.ListVal([]cty.Value{cty.StringVal(strings.Repeat("x", 50)), cty.StringVal(strings.Repeat("y", 50))})
	cases := []struct {
		v    cty.Value
		want string
	}{
		{cty.NullVal(cty.String), "null"},
		{cty.UnknownVal(cty.String), "(unknown)"},
		{cty.NumberFloatVal(1.5), "1.5"},
		{cty.True, "true"},
		{cty.TupleVal([]cty.Value{cty.NumberIntVal(1), cty.StringVal("a")}), `[1, "a"]`},
		{cty.ObjectVal(map[string]cty.Value{"b": cty.Zero, "a": cty.True}), "{a = true, b = 0}"},
		{long, "a list of 2 elements"},
		{cty.StringVal(strings.Repeat("é", 100)), `"` + strings.Repeat("é", 78) + "…"},
	}
	for _, c := range cases {
		if got := Text(c.v); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
