package expr

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// node bounds the value of a node of the syntax.
func (m *meter) node(e hclsyntax.Expression, scope *hcl.EvalContext) float64 {
	if !m.step(1) {
		return perValue
	}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return m.value(e.Val)
	case *hclsyntax.ScopeTraversalExpr:
		if scope == nil {
			return perValue
		}
		v, diags := e.Traversal.TraverseAbs(scope)
		if diags.HasErrors() {
			return perValue
		}
		return m.value(v)
	case *hclsyntax.RelativeTraversalExpr:
		return m.node(e.Source, scope)
	case *hclsyntax.IndexExpr:
		return m.sum(scope, e.Collection, e.Key)
	case *hclsyntax.SplatExpr:
		return m.splat(e, scope)
	case *hclsyntax.TemplateExpr:
		return perValue + m.sum(scope, e.Parts...)
	case *hclsyntax.TemplateJoinExpr:
		return m.node(e.Tuple, scope)
	case *hclsyntax.TemplateWrapExpr:
		return m.node(e.Wrapped, scope)
	case *hclsyntax.ParenthesesExpr:
		return m.node(e.Expression, scope)
	case *hclsyntax.ObjectConsKeyExpr:
		if e.ForceNonLiteral {
			return m.node(e.Wrapped, scope)
		}
		return perValue
	case *hclsyntax.ConditionalExpr:
		return m.sum(scope, e.Condition, e.TrueResult, e.FalseResult)
	case *hclsyntax.BinaryOpExpr:
		const quotient = 200 // digits that a division adds
		return quotient + m.sum(scope, e.LHS, e.RHS)
	case *hclsyntax.UnaryOpExpr:
		return m.node(e.Val, scope)
	case *hclsyntax.TupleConsExpr:
		return perValue + m.sum(scope, e.Exprs...)
	case *hclsyntax.ObjectConsExpr:
		bytes := float64(perValue)
		for _, item := range e.Items {
			bytes += m.sum(scope, item.KeyExpr, item.ValueExpr)
		}
		return bytes
	case *hclsyntax.ForExpr:
		return m.loop(e, scope)
	case *hclsyntax.FunctionCallExpr:
		return m.call(e, scope)
	}
	if u, ok := e.(interface{ UnwrapExpression() hcl.Expression }); ok {
		return m.expression(u.UnwrapExpression(), scope)
	}
	return perValue // the element of a splat, which its source has counted
}

// evaluated gives the value of a part that was bounded and may be made.
func (m *meter) evaluated(e hclsyntax.Expression, scope *hcl.EvalContext) (cty.Value, float64, bool) {
	bytes := m.node(e, scope)
	if m.over || bytes > mostBytes {
		return cty.NilVal, bytes, false
	}
	v, diags := e.Value(scope)
	if diags.HasErrors() {
		return cty.NilVal, bytes, false
	}
	v, _ = v.Unmark()
	return v, bytes, true
}

// splat makes of each element a part of it, and evaluates the keys for each.
func (m *meter) splat(e *hclsyntax.SplatExpr, scope *hcl.EvalContext) float64 {
	v, bytes, ok := m.evaluated(e.Source, scope)
	if !ok {
		return bytes
	}
	each := m.node(e.Each, scope)
	if !v.IsNull() && v.IsKnown() && v.CanIterateElements() {
		n := v.LengthInt()
		m.step(n)
		return bytes + float64(n)*each
	}
	return bytes + each
}

// loop bounds a `for` by its passes.
func (m *meter) loop(e *hclsyntax.ForExpr, scope *hcl.EvalContext) float64 {
	v, bytes, ok := m.evaluated(e.CollExpr, scope)
	if !ok || v.IsNull() || !v.IsKnown() || !v.CanIterateElements() {
		return bytes
	}
	bytes = perValue
	for k, x := range v.Elements() {
		var inner *hcl.EvalContext
		if scope != nil {
			inner = scope.NewChild()
		} else {
			inner = &hcl.EvalContext{}
		}
		inner.Variables = map[string]cty.Value{e.ValVar: x}
		if e.KeyVar != "" {
			inner.Variables[e.KeyVar] = k
		}
		for _, part := range []hclsyntax.Expression{e.KeyExpr, e.ValExpr, e.CondExpr} {
			if part != nil {
				bytes += m.node(part, inner)
			}
		}
		if m.over || bytes > mostBytes {
			return bytes
		}
	}
	return bytes
}
