package config

import (
	"encoding/json"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

// condition reads a condition on measured numbers: its text, the values of other
// names in it, and the numbers that it and the message use. It reports what is
// wrong with it whatever is measured, and returns the numbers that it uses.
func (x *experiment) condition(r *reader, attr *hcl.Attribute, to *judge.Assert, message hcl.Expression) []expr.Use {
	to.Numbers = []judge.Number{}
	if len(x.Cases) == 0 {
		return nil
	}
	scope := x.answerScope(&x.Cases[0], to.Over)
	if to.Over == "" {
		scope = with(scope, "variant", cty.ObjectVal(map[string]cty.Value{
			"name": cty.UnknownVal(cty.String), "baseline": cty.UnknownVal(cty.Bool), "same_kernels": cty.UnknownVal(cty.Bool),
		}))
	}
	w, scope := writtenAs(attr.Expr, scope)
	if w == nil || w.text == "" {
		r.invalid(attr, "true or false is required.")
		return nil
	}
	c, diags := expr.Parse(w.text, attr.Expr.Range().Filename, w.start)
	if diags.HasErrors() {
		r.diags = append(r.diags, diags...)
		return nil
	}
	to.Condition = w.folded(scope)
	to.Values = r.valuesOf(c.Variables(), scope)
	variables, uses := c.Variables(), expr.Uses(c.Variables())
	if message != nil {
		variables = append(variables, message.Variables()...)
	}
	to.Numbers = x.numbers(expr.Uses(variables))
	if !x.checkable() || x.wrongPlace(r, uses, c.Variables(), to) || x.conditionFaults(r, c) {
		return uses
	}
	known, _ := expr.Unmeasured(scope, x.refs(to.Over))
	before := len(r.diags)
	if _, _, diags = c.Eval(known); diags.HasErrors() {
		for _, d := range diags {
			if d.Summary == "Invalid value" {
				r.invalid(attr, "true or false is required.")
				continue
			}
			r.diags = append(r.diags, x.openNames(explain(hcl.Diagnostics{d}))...)
		}
	}
	x.directions(r, r.diags[before:], uses)
	return uses
}

// folded is the text with the calls of file() replaced by what they read: a
// document is judged again without the files.
func (w *writtenExpr) folded(scope *hcl.EvalContext) string {
	tree, diags := hclsyntax.ParseExpression([]byte(w.text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return w.text
	}
	var calls []*hclsyntax.FunctionCallExpr
	_ = hclsyntax.VisitAll(tree, func(n hclsyntax.Node) hcl.Diagnostics {
		if c, ok := n.(*hclsyntax.FunctionCallExpr); ok && c.Name == "file" {
			calls = append(calls, c)
		}
		return nil
	})
	text := w.text
	for _, c := range slices.Backward(calls) {
		if v, diags := expr.Eval(c, scope); !diags.HasErrors() && v.IsWhollyKnown() {
			at := c.Range()
			text = text[:at.Start.Byte] + string(hclwrite.TokensForValue(v).Bytes()) + text[at.End.Byte:]
		}
	}
	return text
}

// valuesOf are the values of the names that a condition uses beside measured
// ones, the case and the variant.
func (r *reader) valuesOf(variables []hcl.Traversal, scope *hcl.EvalContext) map[string]json.RawMessage {
	whole, parts := map[string]cty.Value{}, map[string]map[string]cty.Value{}
	for _, t := range variables {
		root := t.RootName()
		if slices.Contains([]string{"ratio", "rate", "metric", "baseline", "at", "matrix", "variant"}, root) {
			continue
		}
		step, attr := hcl.TraverseAttr{}, false
		if len(t) > 1 {
			step, attr = t[1].(hcl.TraverseAttr)
		}
		upTo := t[:1]
		if attr {
			upTo = t[:2]
		}
		v, diags := upTo.TraverseAbs(scope)
		if diags.HasErrors() || !v.IsWhollyKnown() {
			continue // evaluating the condition says so
		}
		v, _ = v.UnmarkDeep()
		if !attr {
			whole[root] = v
			continue
		}
		if parts[root] == nil {
			parts[root] = map[string]cty.Value{}
		}
		parts[root][step.Name] = v
	}
	for root, p := range parts {
		if _, ok := whole[root]; !ok {
			whole[root] = cty.ObjectVal(p)
		}
	}
	out := map[string]json.RawMessage{}
	for root, v := range whole {
		if raw, err := ctyjson.Marshal(v, v.Type()); err == nil {
			out[root] = raw
		}
	}
	return out
}

// refs are the numbers that the conditions of a case may use.
func (x *experiment) refs(over string) []expr.Ref {
	keys := []string{""}
	if over != "" {
		keys = x.valuesOfKey(over)
	}
	var out []expr.Ref
	for _, key := range keys {
		for _, n := range x.everyNumber() {
			out = append(out, expr.Ref{At: key, Root: n.Root, Name: n.Name})
		}
	}
	return out
}

func (x *experiment) valuesOfKey(key string) []string {
	var out []string
	for i := range x.Cases {
		if k := expr.Key(x.Cases[i].Matrix[key]); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// everyNumber lists what is measured: the phases, and the metrics of the plugins
// and of every plugin.
func (x *experiment) everyNumber() []judge.Number {
	var out []judge.Number
	for _, p := range x.PhaseNames() {
		out = append(out, judge.Number{Root: expr.Ratio, Name: p}, judge.Number{Root: expr.Rate, Name: p})
	}
	taken := map[string]bool{}
	for _, m := range slices.Concat(x.Metrics, everyPlugin) {
		if taken[m.Name] {
			continue // the plugin's own wins
		}
		taken[m.Name] = true
		for _, root := range []string{expr.Metric, expr.Baseline} {
			out = append(out, judge.Number{Root: root, Name: m.Name, Better: m.Better, Exact: m.Exact})
		}
		if m.Better != "" && !slices.Contains(x.PhaseNames(), m.Name) {
			out = append(out, judge.Number{Root: expr.Ratio, Name: m.Name, Better: m.Better, Exact: m.Exact})
		}
	}
	return out
}

// numbers are those that the uses mean. A name that no plugin has declared may
// be measured all the same.
func (x *experiment) numbers(uses []expr.Use) []judge.Number {
	out := []judge.Number{}
	add := func(n judge.Number) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, u := range uses {
		found := false
		for _, n := range x.everyNumber() {
			if (expr.Ref{At: u.At, Root: n.Root, Name: n.Name}).Is(u.Ref) {
				found = true
				add(n)
			}
		}
		if !found && u.Name != "" {
			add(judge.Number{Root: u.Root, Name: u.Name})
		}
	}
	return out
}
