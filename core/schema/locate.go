package schema

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Diagnostics turns what a plugin said of this configuration into diagnostics
// that point into the user's HCL. A path that leads nowhere, or to a value
// that nobody wrote, points at the nearest thing around it that was written.
func (d *Decoded) Diagnostics(plugin string, said []*pluginv1.Diagnostic) hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, s := range said {
		if s == nil {
			continue
		}
		hd := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: s.GetSummary(), Detail: s.GetDetail()}
		if s.GetSeverity() == pluginv1.Diagnostic_SEVERITY_WARNING {
			hd.Severity = hcl.DiagWarning
		}
		if hd.Summary == "" {
			hd.Summary = fmt.Sprintf("Plugin %s refused the configuration", plugin)
		}
		d.locate(s.GetPath(), hd)
		if s.GetCode() != "" {
			hd.Extra = Code(s.GetCode())
		}
		out = append(out, hd)
	}
	return out
}

// Code is a plugin's stable name of a fault, found in a diagnostic's Extra.
type Code string

func (d *Decoded) locate(path []*pluginv1.PathStep, out *hcl.Diagnostic) {
	block, src := d.block, d.source
	out.Subject = src.header.Ptr()
	for i := 0; i < len(path); i++ {
		name := path[i].GetName()
		if nested, ok := src.blocks[name]; ok && name != "" {
			index := 0
			if i+1 < len(path) {
				if at, ok := which(path[i+1], nested); ok {
					i++
					index = at
				}
			}
			if index < 0 || index >= len(nested) {
				return
			}
			block, src = block.nested(name), nested[index]
			out.Subject = src.header.Ptr()
			continue
		}
		written, ok := src.attrs[name]
		if !ok {
			if a := block.attribute(name); a != nil {
				out.Detail = join(out.Detail, fmt.Sprintf("%q is not written here and has its default, %s.", name, diag.Text(a.Default)))
			}
			return
		}
		expr := element(written.attr.Expr, path[i+1:])
		out.Subject = expr.Range().Ptr()
		out.Expression, out.EvalContext = written.attr.Expr, written.scope
		return
	}
}

// which is the number of the block that step chooses among those of one type,
// -1 if there is none. Not ok: step is no choice but leads into the first.
func which(step *pluginv1.PathStep, among []*source) (index int, ok bool) {
	label := ""
	switch s := step.GetStep().(type) {
	case *pluginv1.PathStep_Index:
		return int(s.Index), true
	case *pluginv1.PathStep_Key:
		label = s.Key
	case *pluginv1.PathStep_Name: // phase.decode for phase["decode"]
		if len(among) == 0 || among[0].label == "" {
			return 0, false
		}
		label = s.Name
	}
	return slices.IndexFunc(among, func(s *source) bool { return s.label == label }), true
}

// element follows the path into a list or object written out in the source,
// as far as it leads.
func element(expr hcl.Expression, path []*pluginv1.PathStep) hcl.Expression {
	for _, step := range path {
		next := hcl.Expression(nil)
		switch s := step.GetStep().(type) {
		case *pluginv1.PathStep_Index:
			if items, diags := hcl.ExprList(expr); !diags.HasErrors() && s.Index >= 0 && s.Index < int64(len(items)) {
				next = items[s.Index]
			}
		case *pluginv1.PathStep_Key:
			next = entry(expr, s.Key)
		case *pluginv1.PathStep_Name:
			next = entry(expr, s.Name)
		}
		if next == nil {
			break
		}
		expr = next
	}
	return expr
}

func entry(expr hcl.Expression, key string) hcl.Expression {
	pairs, diags := hcl.ExprMap(expr)
	if diags.HasErrors() {
		return nil
	}
	for _, p := range pairs {
		k, diags := p.Key.Value(nil)
		if !diags.HasErrors() && k.IsKnown() && !k.IsNull() && k.Type() == cty.String && k.AsString() == key {
			return p.Value
		}
	}
	return nil
}

func (b *Block) nested(name string) *Block {
	for i := range b.Blocks {
		if b.Blocks[i].Name == name {
			return b.Blocks[i].Block
		}
	}
	return &Block{}
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}
