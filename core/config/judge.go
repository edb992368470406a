package config

import (
	"maps"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
)

// aim checks an expression that orders variants: its names and its type.
func (r *reader) aim(x *experiment, attr *hcl.Attribute) {
	if !x.checkable() {
		return
	}
	scope, _ := expr.Unmeasured(x.answerScope(&x.Cases[0], ""), x.refs(""))
	v, ok := r.symbolic(x, attr.Expr, scope)
	if !ok {
		return
	}
	if converted, err := convert.Convert(v, cty.Number); err != nil || converted.IsNull() {
		r.invalid(attr, "a number is required.")
	}
}

func metricNames(metrics []Metric) []string {
	var out []string
	for _, m := range metrics {
		out = append(out, m.Name)
	}
	return out
}

// Measured is what is known of one variant of a case after measuring.
type Measured struct {
	Name     string
	Baseline bool
	Metrics  map[string]float64
	Ratios   map[string]float64 // phase -> speed against the baseline; 1 for the baseline
}

func (m Measured) scope(parent *hcl.EvalContext) *hcl.EvalContext {
	object := func(values map[string]float64) cty.Value {
		out := map[string]cty.Value{}
		for k, v := range values {
			if !math.IsNaN(v) {
				out[k] = cty.NumberFloatVal(v)
			}
		}
		return cty.ObjectVal(out)
	}
	child := parent.NewChild()
	child.Variables = map[string]cty.Value{
		"metric": object(m.Metrics), "ratio": object(m.Ratios),
		"variant": cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(m.Name), "baseline": cty.BoolVal(m.Baseline)}),
	}
	return child
}

// missing reports metrics and ratios that expr needs and m does not have.
func (m Measured) missing(expr hcl.Expression) hcl.Diagnostics {
	r := &reader{}
	for _, t := range expr.Variables() {
		var have map[string]float64
		switch t.RootName() {
		case "metric":
			have = m.Metrics
		case "ratio":
			have = m.Ratios
		default:
			continue
		}
		if len(t) < 2 {
			continue
		}
		step, ok := t[1].(hcl.TraverseAttr)
		if !ok {
			continue
		}
		if v, ok := have[step.Name]; !ok || math.IsNaN(v) {
			r.fault(t.SourceRange(), "Not measured", "The variant %q has no %s.%s, so that the expression has no value. It has: %s.",
				m.Name, t.RootName(), step.Name, diag.List(slices.Sorted(maps.Keys(have))))
		}
	}
	return r.diags
}

// as evaluates expr to a known value of a primitive type.
func (r *reader) as(expr hcl.Expression, ty cty.Type) (cty.Value, bool) {
	v, ok := r.eval(expr)
	if !ok {
		return v, false
	}
	v, err := convert.Convert(v, ty)
	if err != nil || v.IsNull() {
		r.diags = append(r.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Invalid value", Detail: "The expression must give a " + ty.FriendlyName() + ".",
			Subject: expr.Range().Ptr(), Expression: expr, EvalContext: r.scope,
		})
		return cty.DynamicVal, false
	}
	return v, true
}

// caseScope is the names that a case's expressions may use. A case made by
// hand, without a module, has its matrix alone.
func (e *Experiment) caseScope(c *Case) *hcl.EvalContext {
	if c != nil && c.names != nil {
		return c.names
	}
	base := e.names
	if base == nil {
		base = &hcl.EvalContext{Functions: functions(".")}
	}
	matrix := map[string]cty.Value{}
	if c != nil {
		matrix = c.Matrix
	}
	return with(base, "matrix", cty.ObjectVal(matrix))
}
