package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

var assertSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "condition", Required: true}, {Name: "error_message"}, {Name: "variant"}, {Name: "over"},
}}

func (x *experiment) assert(b *hcl.Block) {
	content, diags := contentOf(b.Body, assertSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	a := Assert{Range: b.DefRange}
	a.Name, a.Variant, a.Over = b.Labels[0], r.str("variant", ""), r.str("over", "")
	x.unique(r, b)
	known := x.knowsKey(r, a.Over)
	if attr := content.Attributes["error_message"]; attr != nil && !isNull(r, attr) {
		a.Message = attr.Expr
	}
	if attr := content.Attributes["condition"]; attr != nil && known {
		uses := x.condition(r, attr, &a.Assert, a.Message)
		a.Others = a.Variant == "" && slices.ContainsFunc(uses, func(u expr.Use) bool { return u.Root == expr.Ratio })
	}
	if a.Message != nil && known {
		x.message(r, content.Attributes["error_message"], a)
	}
	if attr := content.Attributes["variant"]; attr != nil && a.Variant != "" && !x.hasBaseline(a.Variant) {
		r.namesVariant(attr, a.Variant, x)
	}
	x.Asserts = append(x.Asserts, a)
	x.diags = append(x.diags, r.diags...)
}

func (x *experiment) hasBaseline(name string) bool {
	return slices.ContainsFunc(x.Cases, func(c Case) bool { b := c.Baseline(); return b != nil && b.Name == name })
}

// knowsKey checks the key of the matrix that an assert is over.
func (x *experiment) knowsKey(r *reader, key string) bool {
	if key == "" || len(x.Cases) == 0 {
		return true
	}
	v, ok := x.Cases[0].Matrix[key]
	switch {
	case !ok:
		r.invalid(r.attrs["over"], "the matrix has no key %q. %s", key, diag.DidYouMean(key, "keys", matrixKeys(x.Cases[0])))
	case !v.Type().IsPrimitiveType():
		r.invalid(r.attrs["over"], "at[VALUE] takes strings, numbers and bools, and the values of %s are others.", key)
		ok = false
	}
	return ok
}

func matrixKeys(c Case) []string {
	var out []string
	for key := range c.Matrix {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// message checks the names and the type of an error_message.
func (x *experiment) message(r *reader, attr *hcl.Attribute, a Assert) {
	if w, _ := writtenAs(attr.Expr, nil); w != nil {
		if native, ok := w.Expression.(hclsyntax.Expression); ok {
			expr.Bounded(native)
		}
	}
	if !x.checkable() {
		return
	}
	_, scope := expr.Unmeasured(x.answerScope(&x.Cases[0], a.Over), x.refs(a.Over))
	v, ok := r.symbolic(x, attr.Expr, scope)
	if !ok {
		return
	}
	if converted, err := convert.Convert(v, cty.String); err != nil || converted.IsNull() {
		r.invalid(attr, "a string is required.")
	}
}

// symbolic evaluates an expression before anything is measured.
func (r *reader) symbolic(x *experiment, e hcl.Expression, scope *hcl.EvalContext) (cty.Value, bool) {
	v, diags := expr.Eval(e, scope)
	failed := diags.HasErrors()
	r.diags = append(r.diags, x.openNames(explain(diags))...)
	v, _ = v.UnmarkDeep()
	return v, !failed
}

// unknownNumbers are the faults about names of measured numbers.
var unknownNumbers = []string{"Unknown metric", "Unknown phase", "Unknown phase or metric"}

// openNames turns faults about names of measured numbers into warnings where
// there may be more names than are known.
func (x *experiment) openNames(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if x.facts.open != "" && (slices.Contains(unknownNumbers, d.Summary)) {
			d.Severity = hcl.DiagWarning
			d.Detail += "\nThis is a warning because " + x.facts.open + "."
		}
	}
	return diags
}

// checkable says that enough is known for names to be checked.
func (x *experiment) checkable() bool {
	return !x.facts.unasked && x.facts.started && len(x.Cases) > 0
}

// Message is the author's text for a fail.
func (e *Experiment) Message(a *Assert, c *Case, result judge.AssertResult) (string, hcl.Diagnostics) {
	if a.Message == nil {
		return "", nil
	}
	scope := expr.MessageScope(e.answerScope(c, a.Over), result.Known)
	base := scope.Variables
	base["variant"] = variantObject(result.Variant, c)
	r := &reader{scope: scope}
	v, ok := r.as(a.Message, cty.String)
	if !ok {
		return "", r.diags
	}
	return strings.TrimRight(v.AsString(), "\n"), r.diags
}

func variantObject(name string, c *Case) cty.Value {
	b := c.Baseline()
	return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "baseline": cty.BoolVal(b != nil && b.Name == name)})
}

// answerScope is what an expression about a case may know beside what was
// measured. Over a key, the case has no value of that key.
func (e *Experiment) answerScope(c *Case, over string) *hcl.EvalContext {
	scope := e.caseScope(c)
	if over != "" {
		matrix := map[string]cty.Value{}
		for key, v := range c.Matrix {
			if key != over {
				matrix[key] = v
			}
		}
		scope = with(scope, "matrix", cty.ObjectVal(matrix))
	}
	return with(scope, "variant", cty.ObjectVal(map[string]cty.Value{"name": cty.UnknownVal(cty.String), "baseline": cty.UnknownVal(cty.Bool)}))
}
