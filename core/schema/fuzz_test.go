package schema

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// FuzzCompile: no bytes that a plugin may send as its schema make the host
// panic, and what compiles is a working schema: its documents can be written,
// and a configuration it decodes agrees with its JSON Schema.
func FuzzCompile(f *testing.F) {
	for _, b := range []*pluginv1.Block{
		sample(), labelled(), {},
		{Attributes: []*pluginv1.Attribute{{Name: "a", Type: "set(string)", DefaultJson: `["x","y"]`}}},
		{Attributes: []*pluginv1.Attribute{{Name: "a", Type: "tuple([number,any])", DefaultJson: `[1,null]`}}},
		{Attributes: []*pluginv1.Attribute{{Name: "a", Type: "list(any)", DefaultJson: `[1,"2"]`}}},
	} {
		raw, err := proto.Marshal(b)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, "", "", "")
	}
	for _, a := range [][3]string{
		{"list(number)", "[1, 2]", "1"}, {"object({a=optional(string, \"x\"), b=any})", `{"b":null}`, ""},
		{"map(set(bool))", `{"a":[true]}`, ""}, {"string", `"x"`, `"x"`}, {"tuple([number, string])", `[1,"a"]`, ""},
	} {
		f.Add([]byte(nil), a[0], a[1], a[2])
	}
	f.Fuzz(func(t *testing.T, raw []byte, ty, value, allowed string) {
		var b pluginv1.Block
		if proto.Unmarshal(raw, &b) != nil {
			return
		}
		if ty != "" {
			a := &pluginv1.Attribute{Name: "fuzzed", Type: ty, DefaultJson: value}
			if allowed != "" {
				a.OneOfJson = []string{allowed}
			}
			b.Attributes = append(b.Attributes, a)
		}
		block, err := Compile("fuzz", &b)
		if err != nil {
			return
		}
		if _, err := json.Marshal(block.JSONSchema("fuzz")); err != nil {
			t.Fatal(err)
		}
		if block.Markdown("config", 1) == "" {
			t.Fatal("no markdown")
		}
		d, diags := block.Decode(nil, hcl.Range{Filename: "x"}, Files{})
		if !diags.HasErrors() {
			validate(t, block, d.JSON)
		}
		d.Diagnostics("fuzz", []*pluginv1.Diagnostic{{Path: path("a", 0, "b", []byte("c"))}})
	})
}
