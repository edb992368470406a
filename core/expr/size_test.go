package expr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

func scopeOf() *hcl.EvalContext {
	large := cty.StringVal(strings.Repeat("x", 1<<20))
	var rows []cty.Value
	for i := range 1000 {
		rows = append(rows, cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(fmt.Sprint("row", i)), "cols": cty.TupleVal([]cty.Value{cty.NumberIntVal(1), cty.NumberIntVal(2)})}))
	}
	shared := cty.StringVal(strings.Repeat("x", 100))
	for range 40 { // a tebi of references to one string
		shared = cty.TupleVal([]cty.Value{shared, shared})
	}
	return &hcl.EvalContext{
		Variables: map[string]cty.Value{"local": cty.ObjectVal(map[string]cty.Value{"large": large, "rows": cty.TupleVal(rows), "shared": shared, "unknown": cty.DynamicVal})},
		Functions: Functions(),
	}
}

// What would fill the memory is refused before it is made.
func TestTooLarge(t *testing.T) {
	for _, src := range []string{
		`"` + strings.Repeat("${local.large}", 100) + `"`,
		`[` + strings.Repeat("local.large,", 100) + `]`,
		`{ a = local.shared }`, `local.shared`, `jsonencode(local.shared)`,
		`join(local.large, [for i in range(1000): tostring(i)])`,
		`join(local.large, [for i in range(1000): "a"], ["b"])`,
		`replace(local.large, "x", "0123456789012345678901234567890123456789012345678901234567890123456789")`,
		`regexreplace(local.large, "x", "0123456789012345678901234567890123456789012345678901234567890123456789")`,
		`split("", local.large)`,
		`format("%1000000000d", 1)`, `format("%*d", 1000000000, 1)`, `format("%.999999999f", 1)`, `formatlist("%99999999s", ["a", "b"])`,
		`format("%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s%[1]s", local.large)`,
		`indent(9999, local.large)`, `jsondecode("[${replace(local.large, "x", "1,")}1]")`,
		`"${1e300000000}"`, `tostring(1e300000000)`, `"${1e999999 * 1e999999 * 1e99999999}"`,
		`[for a in range(1000): [for b in range(1000): [for c in range(1000): c]]]`,
		`[for a in range(1000): [for b in range(1000): [for c in range(1000): c if false]]]`,
		`{for a in range(1000): a => join("", [for b in range(1000): local.large])}`,
		`[for a in local.rows: local.large]`,
		`local.rows[*][local.large]`,
		"<<E\n%{for a in range(1000)}${local.large}%{endfor}\nE\n",
		`concat(` + strings.Repeat("local.rows,", 1000) + `[])`,
		`true ? "" : "` + strings.Repeat("${local.large}", 100) + `"`,
	} {
		e, diags := hclsyntax.ParseExpression([]byte(src), "x.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%.60s: %v", src, diags)
		}
		if _, diags = Eval(e, scopeOf()); !diags.HasErrors() || diags[0].Summary != "Too large" {
			t.Errorf("%.60s: %v", src, diags)
		}
		b, diags := hcljson.Parse([]byte(`{"a": "`+strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace("${"+strings.TrimSpace(src)+"}")+`"}`), "x.hcl.json")
		if strings.HasPrefix(src, "<<") || diags.HasErrors() {
			continue
		}
		attrs, _ := b.Body.JustAttributes()
		if _, diags = Eval(attrs["a"].Expr, scopeOf()); !diags.HasErrors() || diags[0].Summary != "Too large" {
			t.Errorf("%.60s in JSON: %v", src, diags)
		}
	}
}

// What experiments write is evaluated, to what it would be without bounds.
func TestNotTooLarge(t *testing.T) {
	for _, src := range []string{
		`local.large`, `"a ${local.large} b"`, `upper(local.large)`, `length(local.large)`, `replace(local.large, "x", "yy")`,
		`[for r in local.rows: r.name]`, `{for r in local.rows: r.name => r}`, `local.rows[*].name`, `local.rows[*].cols[0]`,
		`[for r in local.rows: [for c in r.cols: c * 2]]`, `flatten([for r in local.rows: r.cols])`,
		`join(",", [for r in local.rows: r.name])`, `split(",", join(",", local.rows[*].name))`,
		`[for p in setproduct(range(100), range(100)): "${p[0]}-${p[1]}"]`,
		`format("%08.3f %s %5d", 1.5, "a", 3)`, `formatlist("%s!", local.rows[*].name)`,
		`jsondecode(jsonencode(local.rows))`, `[for i in range(1000): pow(2, i / 10)]`,
		`local.unknown`, `[for x in local.unknown: x]`, `join(",", local.unknown)`, `try(local.absent, 1)`, `can(local.absent)`,
		`1e100`, `1 / 3`, `local.rows[999].name`, `max([for r in local.rows: r.cols[1]]...)`,
	} {
		e, diags := hclsyntax.ParseExpression([]byte(src), "x.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", src, diags)
		}
		want, _ := e.Value(scopeOf())
		got, diags := Eval(e, scopeOf())
		if diags.HasErrors() || !got.RawEquals(want) {
			t.Errorf("%s: %v", src, diags)
		}
		if bound, size := (&meter{}).node(e, scopeOf()), Size(got); bound < size {
			t.Errorf("%s: bounded by %.0f bytes, has %.0f", src, bound, size)
		}
	}
}
