package expr

import (
	"fmt"
	"math"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const (
	// mostBytes bounds what one expression may make, about as much as it takes in
	// memory; mostSteps the parts that are evaluated, each pass of a `for` anew.
	mostBytes = 64 << 20
	mostSteps = 300_000

	perValue = 64 // bytes of a value beside its text
)

// Guarded is an expression that holds itself to the bounds of [Eval].
type Guarded interface{ Guarded() }

// Eval evaluates an expression, unless its value would take more memory or more
// steps than any experiment needs: that is found out before it is made. Doubling a
// string a few dozen times takes a kilobyte to write.
func Eval(e hcl.Expression, scope *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	held := hcl.UnwrapExpressionUntil(e, func(e hcl.Expression) bool { _, ok := e.(Guarded); return ok })
	if _, ok := held.(Guarded); !ok {
		if diags := Check(e, scope); diags.HasErrors() {
			return cty.DynamicVal, diags
		}
	}
	return e.Value(scope)
}

// Check says whether an expression may be evaluated.
func Check(e hcl.Expression, scope *hcl.EvalContext) hcl.Diagnostics {
	m := &meter{}
	bytes := m.expression(e, scope)
	if !m.over && bytes <= mostBytes {
		return nil
	}
	what := fmt.Sprintf("would have about %.0f MiB; %d MiB is the most", bytes/(1<<20), mostBytes>>20)
	if m.over {
		what = fmt.Sprintf("takes more than %d steps to evaluate", mostSteps)
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Too large",
		Detail:  fmt.Sprintf("The value of this expression %s. Make it smaller, or let the plugin read it from a file.", what),
		Subject: e.Range().Ptr(),
	}}
}

// Size is about how much memory a value takes, in bytes; what is more than an
// expression may make is not counted to its end.
func Size(v cty.Value) float64 {
	m := &meter{}
	return m.value(v)
}

// Most is what the values of several expressions may take together.
const Most = 2 * mostBytes

// meter bounds the size of values from above. It evaluates the collections of `for`
// and the arguments of functions that multiply, having bounded them before.
type meter struct {
	steps int
	over  bool
}

// step counts n parts, and says that there may be more.
func (m *meter) step(n int) bool {
	m.steps += n
	m.over = m.over || m.steps > mostSteps
	return !m.over
}

// expression bounds any expression: one of JSON is a template in each string.
func (m *meter) expression(e hcl.Expression, scope *hcl.EvalContext) float64 {
	native, ok := hcl.UnwrapExpressionUntil(e, func(e hcl.Expression) bool { _, ok := e.(hclsyntax.Expression); return ok }).(hclsyntax.Expression)
	if ok {
		return m.node(native, scope)
	}
	raw, diags := e.Value(nil) // its text, without names and functions
	if diags.HasErrors() {
		return perValue
	}
	return m.json(raw, scope)
}

func (m *meter) json(v cty.Value, scope *hcl.EvalContext) float64 {
	if !m.step(1) || v.IsNull() || !v.IsKnown() {
		return perValue
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		t, diags := hclsyntax.ParseTemplate([]byte(v.AsString()), "", hcl.InitialPos)
		if diags.HasErrors() {
			return perValue
		}
		return m.node(t, scope)
	case ty.IsObjectType() || ty.IsTupleType():
		bytes := float64(perValue)
		for k, x := range v.Elements() {
			bytes += m.json(k, scope) + m.json(x, scope)
		}
		return bytes
	}
	return m.value(v)
}

// value measures what is there. Parts that stand in several places count in each,
// as they do when the value is written.
func (m *meter) value(v cty.Value) float64 {
	if !m.step(1) || v == cty.NilVal {
		return perValue
	}
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() {
		return perValue
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		return perValue + float64(len(v.AsString()))
	case ty == cty.Number:
		return perValue + digits(v)
	case ty.IsCapsuleType() || !v.CanIterateElements():
		return perValue
	}
	bytes := float64(perValue)
	for k, x := range v.Elements() {
		if v.Type().IsObjectType() || v.Type().IsMapType() {
			bytes += float64(len(k.AsString()))
		}
		if bytes += m.value(x); bytes > mostBytes || m.over {
			break
		}
	}
	return bytes
}

// digits is how many a number has, written out: 1e100000000 has as many as it says.
func digits(v cty.Value) float64 {
	f := v.AsBigFloat()
	if f.IsInf() {
		return 0
	}
	return 20 + math.Abs(float64(f.MantExp(nil)))*math.Log10(2)
}

// sum bounds several parts.
func (m *meter) sum(scope *hcl.EvalContext, parts ...hclsyntax.Expression) (bytes float64) {
	for _, p := range parts {
		if m.over {
			return bytes
		}
		bytes += m.node(p, scope)
	}
	return bytes
}
