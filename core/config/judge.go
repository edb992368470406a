package config

import (
	"maps"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/diag"
)

var assertSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "condition", Required: true}, {Name: "error_message"}, {Name: "variant"},
}}

func (x *experiment) assert(b *hcl.Block) {
	content, diags := contentOf(b.Body, assertSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	a := Assert{Name: b.Labels[0], Variant: r.str("variant", ""), Range: b.DefRange}
	taken := map[string]hcl.Range{}
	for _, o := range x.Asserts {
		taken[o.Name] = o.Range
	}
	r.unique(b, "assert", taken)
	if attr := content.Attributes["condition"]; attr != nil {
		a.Condition = attr.Expr
		r.measured(x, attr, cty.Bool, "true or false")
	}
	if attr := content.Attributes["error_message"]; attr != nil {
		a.Message = attr.Expr
		r.measured(x, attr, cty.String, "a string")
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

var selectSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "maximize"}, {Name: "minimize"}, {Name: "where"}}}

func (x *experiment) selection(b *hcl.Block) {
	content, diags := contentOf(b.Body, selectSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	s := Select{Name: b.Labels[0], Range: b.DefRange}
	taken := map[string]hcl.Range{}
	for _, o := range x.Selects {
		taken[o.Name] = o.Range
	}
	r.unique(b, "select", taken)
	most, least := content.Attributes["maximize"], content.Attributes["minimize"]
	switch {
	case most != nil && least != nil:
		r.fault(least.NameRange, "Two aims", "A select block has maximize or minimize, not both. Delete one of them.")
	case most == nil && least == nil:
		r.fault(b.DefRange, "No aim", "A select block needs maximize or minimize, such as maximize = ratio.PHASE.")
	}
	if most != nil {
		s.Maximize = most.Expr
		r.measured(x, most, cty.Number, "a number")
	}
	if least != nil {
		s.Minimize = least.Expr
		r.measured(x, least, cty.Number, "a number")
	}
	if attr := content.Attributes["where"]; attr != nil {
		s.Where = attr.Expr
		r.measured(x, attr, cty.Bool, "true or false")
	}
	x.Selects = append(x.Selects, s)
	x.diags = append(x.diags, r.diags...)
}

// measured checks an expression that is evaluated after measuring: its names
// and its type, with metrics and ratios as unknown numbers, in the first case.
func (r *reader) measured(x *experiment, attr *hcl.Attribute, ty cty.Type, what string) {
	if x.facts.unasked || !x.facts.started || len(x.Cases) == 0 {
		return
	}
	unknown := func(names []string) cty.Value {
		m := map[string]cty.Value{}
		for _, n := range names {
			m[n] = unknownNumber()
		}
		return cty.ObjectVal(m)
	}
	scope := x.Cases[0].names.NewChild()
	scope.Variables = map[string]cty.Value{
		"metric": unknown(metricNames(x.Metrics)),
		"ratio":  unknown(x.PhaseNames()),
		"variant": cty.ObjectVal(map[string]cty.Value{
			"name": cty.UnknownVal(cty.String), "baseline": cty.UnknownVal(cty.Bool),
		}),
	}
	v, diags := attr.Expr.Value(scope)
	failed := diags.HasErrors()
	diags = explain(diags)
	for _, d := range diags {
		if x.facts.open != "" && (d.Summary == "Unknown metric" || d.Summary == "Unknown phase") {
			d.Severity = hcl.DiagWarning
			d.Detail += "\nThis is a warning because " + x.facts.open + "."
		}
	}
	r.diags = append(r.diags, diags...)
	if failed {
		return
	}
	v, _ = v.UnmarkDeep()
	if converted, err := convert.Convert(v, ty); err != nil || converted.IsNull() {
		r.invalid(attr, "%s is required.", what)
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
	Ratios   map[string]float64 // phase -> speed against the baseline, estimate; 1 for the baseline
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

// EvalAssert says whether a's condition holds for one variant of a case. The
// message is a's own, or a default, when it does not. A condition that has no
// value, because a metric is missing, is a diagnostic, and does not hold.
func (e *Experiment) EvalAssert(a *Assert, c *Case, m Measured) (holds bool, message string, diags hcl.Diagnostics) {
	if diags := m.missing(a.Condition); diags.HasErrors() {
		return false, "", diags
	}
	r := &reader{scope: m.scope(e.caseScope(c))}
	v, ok := r.as(a.Condition, cty.Bool)
	if !ok || v.True() {
		return ok, "", r.diags
	}
	message = "The condition does not hold."
	if a.Message != nil {
		if text, ok := r.as(a.Message, cty.String); ok {
			message = text.AsString()
		}
	}
	return false, message, r.diags
}

// EvalSelect names the best of the measured variants, "" when none satisfies
// the condition; the earlier of two equals wins. A variant for which an
// expression has no value is passed over with a warning.
func (e *Experiment) EvalSelect(s *Select, c *Case, measured []Measured) (winner string, value float64, diags hcl.Diagnostics) {
	aim, sign := s.Maximize, 1.0
	if aim == nil {
		aim, sign = s.Minimize, -1
	}
	if aim == nil {
		return "", 0, nil
	}
	best := math.Inf(-1)
	for _, m := range measured {
		r := &reader{scope: m.scope(e.caseScope(c)), diags: m.missing(aim)}
		if s.Where != nil {
			r.diags = append(r.diags, m.missing(s.Where)...)
		}
		ok := !r.diags.HasErrors()
		if ok && s.Where != nil {
			var v cty.Value
			if v, ok = r.as(s.Where, cty.Bool); ok && v.False() {
				continue
			}
		}
		if ok {
			var v cty.Value
			if v, ok = r.as(aim, cty.Number); ok {
				if f, _ := v.AsBigFloat().Float64(); sign*f > best {
					winner, value, best = m.Name, f, sign*f
				}
			}
		}
		for _, d := range r.diags {
			d.Severity = hcl.DiagWarning
		}
		diags = append(diags, r.diags...)
	}
	return winner, value, diags
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
