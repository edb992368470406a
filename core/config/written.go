package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/expr"
)

// asWritten is a body whose expressions keep what a result document needs of
// them: their text, and the names that a dynamic block gave them. Strings of the
// JSON syntax become the templates that they stand for, so that both syntaxes are
// treated alike from here on. It goes below dynblock, which wraps expressions in
// a way that hides its iterators.
type asWritten struct {
	hcl.Body
	file []byte
}

func (w asWritten) Content(s *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	c, diags := w.Body.Content(s)
	return w.wrap(c), diags
}

func (w asWritten) PartialContent(s *hcl.BodySchema) (*hcl.BodyContent, hcl.Body, hcl.Diagnostics) {
	c, rest, diags := w.Body.PartialContent(s)
	return w.wrap(c), asWritten{rest, w.file}, diags
}

func (w asWritten) JustAttributes() (hcl.Attributes, hcl.Diagnostics) {
	attrs, diags := w.Body.JustAttributes()
	return w.attributes(attrs), diags
}

func (w asWritten) wrap(c *hcl.BodyContent) *hcl.BodyContent {
	if c == nil {
		return nil
	}
	out := *c
	out.Attributes, out.Blocks = w.attributes(c.Attributes), nil
	for _, b := range c.Blocks {
		copied := *b
		copied.Body = asWritten{b.Body, w.file}
		out.Blocks = append(out.Blocks, &copied)
	}
	return &out
}

func (w asWritten) attributes(attrs hcl.Attributes) hcl.Attributes {
	out := hcl.Attributes{}
	for name, a := range attrs {
		copied := *a
		copied.Expr = w.expression(a.Expr)
		out[name] = &copied
	}
	return out
}

// writtenExpr is an expression with its text. It stands where its author wrote it.
type writtenExpr struct {
	hcl.Expression
	at    hcl.Range
	text  string
	start hcl.Pos
	scope *hcl.EvalContext // of the last evaluation
}

func (w *writtenExpr) Value(scope *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	w.scope = scope
	if diags := expr.Check(w.Expression, scope); diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return w.Expression.Value(scope)
}

// Guarded implements [expr.Guarded], also below what wraps the expression.
func (w *writtenExpr) Guarded() {}

func (w *writtenExpr) Range() hcl.Range { return w.at }

// UnwrapExpression lets HCL look at the expression itself.
func (w *writtenExpr) UnwrapExpression() hcl.Expression { return w.Expression }

func (w asWritten) expression(e hcl.Expression) hcl.Expression {
	r := e.Range()
	if _, native := e.(hclsyntax.Expression); native {
		if r.Start.Byte < 0 || r.Start.Byte > r.End.Byte || r.End.Byte > len(w.file) {
			return e
		}
		return &writtenExpr{at: r, Expression: e, text: string(w.file[r.Start.Byte:r.End.Byte]), start: r.Start}
	}
	v, diags := e.Value(nil) // of a JSON string: its text
	if diags.HasErrors() || v.IsNull() || v.Type() != cty.String {
		return &writtenExpr{at: r, Expression: e, text: literal(v), start: r.Start}
	}
	start := hcl.Pos{Line: r.Start.Line, Byte: r.Start.Byte + 1, Column: r.Start.Column + 1} // after the quote
	text := v.AsString()
	t, diags := hclsyntax.ParseTemplate([]byte(text), r.Filename, start)
	if diags.HasErrors() {
		return e
	}
	if wrapped, ok := t.(*hclsyntax.TemplateWrapExpr); ok {
		in := wrapped.Wrapped.Range()
		text, start = text[in.Start.Byte-start.Byte:in.End.Byte-start.Byte], in.Start
		return &writtenExpr{at: r, Expression: wrapped.Wrapped, text: text, start: start}
	}
	return &writtenExpr{at: r, Expression: t, text: text, start: start}
}

func literal(v cty.Value) string {
	if v.Type() == cty.Bool && v.IsKnown() && !v.IsNull() {
		if v.True() {
			return "true"
		}
		return "false"
	}
	return ""
}

// writtenAs is the expression as its author wrote it, and the scope in which it is
// evaluated: the one given, and the iterators of dynamic blocks. Nil where the
// text is not known.
func writtenAs(e hcl.Expression, scope *hcl.EvalContext) (*writtenExpr, *hcl.EvalContext) {
	w, ok := hcl.UnwrapExpressionUntil(e, func(e hcl.Expression) bool { _, ok := e.(*writtenExpr); return ok }).(*writtenExpr)
	if !ok {
		return nil, scope
	}
	w.scope = scope
	_, _ = e.Value(scope)
	return w, w.scope
}
