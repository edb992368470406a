package diag

import (
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// values lists what the names in the diagnostic's expression stood for, so
// that a fault in one of many cases says which. Names without a known value
// are left out.
func values(d *hcl.Diagnostic) []Value {
	if d.Expression == nil || d.EvalContext == nil {
		return nil
	}
	var out []Value
	seen := map[string]bool{}
	for _, t := range d.Expression.Variables() {
		v, diags := t.TraverseAbs(d.EvalContext)
		name := traversal(t)
		if diags.HasErrors() || seen[name] || v.IsMarked() || !v.IsKnown() {
			continue
		}
		seen[name] = true
		out = append(out, Value{Name: name, Value: Text(v)})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func traversal(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + Text(s.Key) + "]")
		}
	}
	return b.String()
}

// Text writes a value as a person would in HCL; collections are described
// rather than spelt out when they are long.
func Text(v cty.Value) string {
	const most = 60
	v, _ = v.UnmarkDeep()
	switch ty := v.Type(); {
	case v.IsNull():
		return "null"
	case !v.IsKnown():
		return "(unknown)"
	case ty == cty.String:
		return clip(strconv.Quote(v.AsString()))
	case ty == cty.Number:
		return number(v.AsBigFloat())
	case ty == cty.Bool:
		return strconv.FormatBool(v.True())
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		var parts []string
		size := 0
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			parts = append(parts, Text(e))
			if size += len(parts[len(parts)-1]) + 2; size > most {
				return fmt.Sprintf("a list of %d elements", v.LengthInt())
			}
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case ty.IsObjectType() || ty.IsMapType():
		var parts []string
		size := 0
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			parts = append(parts, k.AsString()+" = "+Text(e))
			if size += len(parts[len(parts)-1]) + 2; size > most {
				return fmt.Sprintf("an object with %d attributes", v.LengthInt())
			}
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return "a " + ty.FriendlyName()
	}
}

// number writes whole numbers in full, as they stand in a file.
func number(f *big.Float) string {
	if f.IsInt() && f.MantExp(nil) <= 64 {
		return f.Text('f', 0)
	}
	return f.Text('g', 10)
}

func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
