package kernels

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of ops into docs/kernels.md")

func TestTableIsCurrent(t *testing.T) {
	const page, begin, end = "../../docs/kernels.md", "<!-- ops -->\n", "<!-- end of ops -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	was, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table between %q and %q", page, begin, end)
	}
	now := table(All())
	if was == now {
		return
	}
	if !*update {
		t.Fatalf("the table of ops in %s is out of date: go test ./metal/kernels -run TestTableIsCurrent -update", page)
	}
	if err := os.WriteFile(page, []byte(before+begin+now+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// signature renders the arguments in binding order, the parameter block last.
func signature(o *Op) string {
	var parts []string
	for i := range o.Arguments {
		parts = append(parts, describe(&o.Arguments[i]))
	}
	var fields []string
	for _, f := range o.Fields {
		fields = append(fields, f.Name)
	}
	return strings.Join(append(parts, fmt.Sprintf("%s{%s}", o.Struct, strings.Join(fields, ","))), "  ")
}

// describe is an argument with its extents: refined[M,N]u32 out.
func describe(a *Argument) string {
	s := fmt.Sprintf("%s[%s]%s", a.Name, strings.Join(a.Shape, ","), [...]string{"", "u32", "f32", "q"}[a.Type])
	if a.Below != "" {
		s += "<" + a.Below
	}
	if a.Out {
		s += " out"
	}
	return s
}

// pattern is the names of the op's kernels: gather_qmm[_grouped]_T_FORMAT.
func pattern(o *Op) string {
	s := o.Name
	if o.Rounds {
		s += "_MODE"
	}
	for _, v := range o.Variants {
		s += "[_" + v + "]"
	}
	s += "_T"
	if o.Weights() {
		s += "_FORMAT"
	}
	return s
}

// table renders ops for the documentation.
func table(ops []*Op) string {
	var b strings.Builder
	b.WriteString("| kernels | compute | arguments |\n|---|---|---|\n")
	for _, o := range ops {
		computes := o.Computes
		if len(o.Affine) > 0 {
			computes += fmt.Sprintf("; affine, %d bits", o.Affine)
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", pattern(o), computes, signature(o))
	}
	return b.String()
}
