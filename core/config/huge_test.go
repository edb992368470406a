package config

import (
	"fmt"
	"strings"
	"testing"
)

// Large sources that nest or chain as deep as they can end in a diagnostic or a value, never in an exhausted stack.
func TestHugeSources(t *testing.T) {
	const room = MaxFileBytes / 32 // the whole size takes seconds each, with the same outcome
	cases := map[string]string{
		"sum":          "locals { x = " + strings.Repeat("1+", room/2) + "1 }\n",
		"conditionals": "locals { x = " + strings.Repeat("1?1:", room/4) + "1 }\n",
		"not":          "locals { x = " + strings.Repeat("!", room) + "true }\n",
		"minus":        "locals { x = " + strings.Repeat("-", room) + "1 }\n",
		"parentheses":  "locals { x = " + strings.Repeat("(", room/2) + "1" + strings.Repeat(")", room/2) + " }\n",
		"lists":        "locals { x = " + strings.Repeat("[", room) + " }\n",
		"blocks":       strings.Repeat("a {\n", room/4),
		"templates":    "locals { x = " + strings.Repeat(`"${`, room/3) + " }\n",
		"attributes":   "locals { x = a" + strings.Repeat(".a", room/2) + " }\n",
		"indexes":      "locals { x = a" + strings.Repeat("[0]", room/3) + " }\n",
		"lines":        strings.Repeat("\n", room),
		"heredoc":      "locals { x = <<A\n" + strings.Repeat("${1}\n", room/5) + "A\n}\n",
		"zeros":        strings.Repeat("\x00", room),
	}
	for name, src := range cases {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"x.hcl", "x.hcl.json"} {
				m, diags := load(".", []input{{file, []byte(src)}}, Options{})
				_, more := m.Resolve(fakeOptions())
				if diags = append(diags, more...); !diags.HasErrors() {
					t.Errorf("%s: no fault, though there is no experiment", file)
				}
				render(t, m, diags)
			}
		})
	}
	t.Run("lists in JSON", func(t *testing.T) {
		src := `{"locals": {"x": ` + strings.Repeat("[", room/2) + strings.Repeat("]", room/2) + `}}`
		if _, diags := load(".", []input{{"x.hcl.json", []byte(src)}}, Options{}); !diags.HasErrors() {
			t.Error("no fault")
		}
	})
}

// A value that doubles in every line is refused while it is small, whatever it
// doubles by.
func TestValuesThatGrow(t *testing.T) {
	for name, line := range map[string]string{
		"templates": `"${local.a%d}${local.a%[2]d}"`,
		"lists":     `[local.a%d, local.a%[2]d]`,
		"objects":   `{ a = local.a%d, b = local.a%[2]d }`,
		"join":      `join(local.a%d, [local.a%[2]d, local.a%[2]d])`,
		"format":    `format("%%s%%s", local.a%d, local.a%[2]d)`,
		"JSON":      `jsonencode({ a = local.a%d, b = local.a%[2]d })`,
		"loops":     `[for x in range(10): local.a%d]`,
	} {
		t.Run(name, func(t *testing.T) {
			src := "locals {\n a0 = \"0123456789\"\n"
			for i := range 40 {
				src += fmt.Sprintf(" a%d = "+line+"\n", i+1, i)
			}
			m, diags := load(".", []input{{"x.hcl", []byte(src + "}\n" + strings.ReplaceAll(simple, "NAME", "x"))}}, Options{})
			_, more := m.Resolve(fakeOptions())
			diags = append(diags, more...)
			if !diags.HasErrors() {
				t.Error("it is taken")
			}
			for _, d := range diags {
				if d.Summary != "Too large" {
					t.Error(d)
				}
			}
		})
	}
}

// Keys that are expressions are compared with each other in reasonable time,
// whatever their number and wherever they stand.
func TestManyComputedKeys(t *testing.T) {
	nested := "1"
	for range 60 {
		nested = `{ (length(` + nested + ` == 1 ? "a" : "b")) = 1 }`
	}
	many := strings.Builder{}
	for i := range 3_000 {
		fmt.Fprintf(&many, "(\"k${%d}\") = 1,\n", i)
	}
	dir := write(t, map[string]string{"a.hcl": "locals {\n a = {\n" + many.String() + "}\n b = " + nested + "\n}\n" + strings.ReplaceAll(simple, "NAME", "x")})
	m, diags := Load([]string{dir}, Options{})
	if _, more := m.Resolve(fakeOptions()); diags.HasErrors() {
		t.Errorf("%v %v", diags, more)
	}
}
