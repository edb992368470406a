package schema

import (
	"fmt"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

func path(steps ...any) []*pluginv1.PathStep {
	var out []*pluginv1.PathStep
	for _, s := range steps {
		switch s := s.(type) {
		case string:
			out = append(out, &pluginv1.PathStep{Step: &pluginv1.PathStep_Name{Name: s}})
		case int:
			out = append(out, &pluginv1.PathStep{Step: &pluginv1.PathStep_Index{Index: int64(s)}})
		case []byte:
			out = append(out, &pluginv1.PathStep{Step: &pluginv1.PathStep_Key{Key: string(s)}})
		}
	}
	return out
}

func TestDiagnosticsFindTheSource(t *testing.T) {
	ls, files := layers(t,
		"model = \"m\"\ntokens = [1, matrix.k, 7]\ntags = { a = \"x\", b = \"y\" }\nweights { seed = 2 }\npatch { name = \"p\" }\npatch { name = \"q\" }\n",
		"weights { scale = 9 }\ntile = { rows = 4 }\n")
	d, diags := compiled(t, sample()).Decode(ls, hcl.Range{}, Files{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	generated, _ := layers(t, "model = \"m\"\ndynamic \"patch\" {\n  for_each = [\"x\", \"y\"]\n  content { name = patch.value }\n}\n")
	g, diags := compiled(t, sample()).Decode(generated, hcl.Range{}, Files{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	cases := []struct {
		name string
		of   *Decoded
		path []*pluginv1.PathStep
		want string // file:line:column
	}{
		{"attribute", d, path("model"), "a.hcl:1:9"},
		{"list element", d, path("tokens", 1), "a.hcl:2:14"},
		{"index beyond the list", d, path("tokens", 9), "a.hcl:2:10"},
		{"map key", d, path("tags", []byte("b")), "a.hcl:3:23"},
		{"object attribute", d, path("tile", "rows"), "b.hcl:2:17"},
		{"single block, first layer", d, path("weights", "seed"), "a.hcl:4:18"},
		{"single block, second layer", d, path("weights", "scale"), "b.hcl:1:19"},
		{"repeated block", d, path("patch", 1, "name"), "a.hcl:6:16"},
		{"repeated block itself", d, path("patch", 1), "a.hcl:6:1"},
		{"dynamic block", g, path("patch", 1, "name"), "a.hcl:4:20"},
		{"not written", d, path("bits"), "a.hcl:1:1"},
		{"no such thing", d, path("nonsense", 3, "x"), "a.hcl:1:1"},
		{"no path", d, nil, "a.hcl:1:1"},
		{"negative index", d, path("patch", -1), "a.hcl:1:1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			out := c.of.Diagnostics("test", []*pluginv1.Diagnostic{nil, {Summary: "s", Detail: "d", Path: c.path, Code: "c7"}})
			if len(out) != 1 {
				t.Fatalf("%d diagnostics, want 1", len(out))
			}
			r := out[0].Subject
			if got := fmt.Sprintf("%s:%d:%d", r.Filename, r.Start.Line, r.Start.Column); got != c.want {
				t.Errorf("at %s, want %s", got, c.want)
			}
			if out[0].Extra != Code("c7") || files[r.Filename] == nil {
				t.Errorf("extra %v", out[0].Extra)
			}
		})
	}
}
