package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

// condition reads a condition on measured numbers: its text, the values of other
// names in it, and the numbers that it and the message use. It reports what is
// wrong with it whatever is measured.
func (x *experiment) condition(r *reader, attr *hcl.Attribute, to *judge.Assert, message hcl.Expression) {
	to.Numbers = []judge.Number{}
	if len(x.Cases) == 0 {
		return
	}
	scope := x.answerScope(&x.Cases[0], to.Over)
	w, scope := writtenAs(attr.Expr, scope)
	if w == nil || w.text == "" {
		r.invalid(attr, "true or false is required.")
		return
	}
	c, diags := expr.Parse(w.text, attr.Expr.Range().Filename, w.start)
	if diags.HasErrors() {
		r.diags = append(r.diags, diags...)
		return
	}
	to.Condition = w.folded(scope)
	to.Values = r.valuesOf(c.Variables(), scope)
	variables := c.Variables()
	if message != nil {
		variables = append(variables, message.Variables()...)
	}
	to.Numbers = x.numbers(expr.Uses(variables))
	if !x.checkable() || x.wrongPlace(r, expr.Uses(c.Variables()), c.Variables(), to) || x.conditionFaults(r, c) {
		return
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
	x.directions(r, r.diags[before:], expr.Uses(c.Variables()))
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
		if v, diags := c.Value(scope); !diags.HasErrors() && v.IsWhollyKnown() {
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

// conditionFaults reports parts that could not answer as they read.
func (x *experiment) conditionFaults(r *reader, c *expr.Condition) (fatal bool) {
	for _, f := range c.Faults(x.isInterval) {
		name := f.Ref.String()
		switch f.Kind {
		case expr.BoundTaken:
			fatal = true
			if plain := strings.Replace(f.Text, "."+f.Part, "", 1); plain != name {
				r.fault(f.Range, "Bounds decide nothing here", "%s is false on noise as well as on a loss. Write %s: it is inconclusive where the rounds allow both. .%s is known in error_message.", f.Text, plain, f.Part)
				continue
			}
			r.fault(f.Range, "Bounds decide nothing here", "%s hangs on noise. Compare %s itself: it is inconclusive where the rounds allow both. .%s is known in error_message.", f.Text, name, f.Part)
		case expr.BoundsLost:
			detail := fmt.Sprintf("%s of an interval has no bounds, so that this condition could never be true or false. Compare %s itself; + - * /, min, max, abs and log keep intervals.", f.Part, name)
			if f.Ref.Root == expr.Metric || f.Ref.Root == expr.Baseline {
				r.warn(f.Range, "Never decided", "%s\nThis is a warning because %s is a number, and no interval, if all rounds agree on it.", detail, name)
				continue
			}
			fatal = true
			r.fault(f.Range, "Never decided", "%s", detail)
		case expr.NeverEqual:
			if f.Ref.Root == expr.Ratio || f.Ref.Root == expr.Rate {
				r.warn(f.Range, "Never shown to be equal", "%s is measured: rounds can rule out that it is equal to a value, and can never show that it is. Compare with < or >, such as abs(%s - 1) < 0.02.", name, name)
			}
		}
	}
	return fatal
}

// isInterval says that a number has no value but bounds.
func (x *experiment) isInterval(ref expr.Ref) bool {
	for _, n := range x.everyNumber() {
		if n.Root == ref.Root && n.Name == ref.Name {
			return !n.Exact
		}
	}
	return ref.Root == expr.Ratio || ref.Root == expr.Rate
}

// directions replaces the fault about an unknown phase by one that says why a
// metric has no ratio.
func (x *experiment) directions(r *reader, diags hcl.Diagnostics, uses []expr.Use) {
	for _, u := range uses {
		i := slices.IndexFunc(x.Metrics, func(m Metric) bool { return m.Name == u.Name && m.Better == "" })
		if u.Root != expr.Ratio || i < 0 {
			continue
		}
		for _, d := range diags {
			if d.Summary == "Unknown phase or metric" && strings.Contains(d.Detail, u.Name) {
				d.Severity, d.Summary = hcl.DiagError, "No direction"
				d.Detail = fmt.Sprintf("The plugin %s does not say whether more or less %q is better, so that a ratio would mean nothing. Compare the values: metric.%s with baseline.metric.%s.", strings.Join(x.facts.plugins, ", "), u.Name, u.Name, u.Name)
			}
		}
	}
}

// wrongPlace reports numbers of one case in an assert over several, and cases
// that there are not.
func (x *experiment) wrongPlace(r *reader, uses []expr.Use, variables []hcl.Traversal, a *judge.Assert) bool {
	before := len(r.diags)
	if a.Over == "" {
		return false
	}
	values := x.valuesOfKey(a.Over)
	at := func(v string) string { return strings.TrimSuffix(expr.Ref{At: v, Root: "x"}.String(), ".x") }
	var places []string
	for _, v := range values {
		places = append(places, at(v))
	}
	written := strings.Join(places[:len(places)-1], ", ")
	if written != "" {
		written += " or "
	}
	written += places[len(places)-1]
	for _, t := range variables {
		if t.RootName() != "matrix" || len(t) < 2 {
			continue
		}
		if s, ok := t[1].(hcl.TraverseAttr); ok && s.Name == a.Over {
			r.fault(t.SourceRange(), "Not one value here", "With over = %q, matrix.%s has all its values; write %s.", a.Over, a.Over, written)
		}
	}
	for _, u := range uses {
		switch {
		case u.At == "" && u.Root != "at":
			r.fault(u.Range, "Not one value here", "With over = %q, %s has a value in each case; write %s, such as %s.%s.", a.Over, u.Ref, written, places[0], u.Ref)
		case u.At != "" && !slices.Contains(values, u.At):
			r.fault(u.Range, "Unknown case", "There is no case with %s = %s. %s", a.Over, u.At, diag.DidYouMean(u.At, "values", values))
		case u.At != "":
			x.everywhere(r, u, a.Over)
		}
	}
	return len(r.diags) > before
}

// everywhere reports a combination of the other keys that lacks the case.
func (x *experiment) everywhere(r *reader, u expr.Use, over string) {
	groups := map[string]map[string]bool{}
	for i := range x.Cases {
		var rest []string
		for _, key := range slices.Sorted(maps.Keys(x.Cases[i].Matrix)) {
			if key != over {
				rest = append(rest, key+" = "+label(x.Cases[i].Matrix[key]))
			}
		}
		id := strings.Join(rest, ", ")
		if groups[id] == nil {
			groups[id] = map[string]bool{}
		}
		groups[id][expr.Key(x.Cases[i].Matrix[over])] = true
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if !groups[id][u.At] {
			r.fault(u.Range, "Unknown case", "There is no case with %s = %s where %s: it is excluded. Write an assert of the cases that there are.", over, u.At, id)
			return
		}
	}
}
