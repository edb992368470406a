package expr

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// A Condition is true, false or undecided, by intervals.
type Condition struct {
	Text  string
	start hcl.Pos // of the text
	tree  hclsyntax.Expression
	ops   map[*hclsyntax.BinaryOpExpr]*hclsyntax.Operation // HCL's own, where ours stand in
	open  []Comparison                                     // undecided ones of the evaluation under way
}

// A Comparison of two numbers that their bounds do not decide.
type Comparison struct {
	Text        string // as written
	Left, Right Interval
}

// Parse reads a condition in HCL's native syntax. The position is where its text
// starts, for diagnostics.
func Parse(text, filename string, start hcl.Pos) (*Condition, hcl.Diagnostics) {
	tree, diags := hclsyntax.ParseExpression([]byte(text), filename, start)
	if diags.HasErrors() {
		return nil, diags
	}
	c := &Condition{Text: text, start: start, tree: tree, ops: map[*hclsyntax.BinaryOpExpr]*hclsyntax.Operation{}}
	_ = hclsyntax.VisitAll(tree, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.BinaryOpExpr:
			c.ops[n] = n.Op
			if op := arithmetic[n.Op]; op != nil {
				n.Op = op
			} else if order[n.Op] != nil {
				words := c.slice(n.SrcRange)
				n.Op = compares(n.Op, func(k Comparison) {
					k.Text = words
					c.open = append(c.open, k)
				})
			}
		case *hclsyntax.UnaryOpExpr:
			if n.Op == hclsyntax.OpNegate {
				n.Op = negation
			}
		}
		return nil
	})
	return c, nil
}

// slice is the text of a part, in one line.
func (c *Condition) slice(r hcl.Range) string {
	from, to := r.Start.Byte-c.start.Byte, r.End.Byte-c.start.Byte
	if from < 0 || to > len(c.Text) || from > to {
		return c.Text
	}
	return strings.Join(strings.Fields(c.Text[from:to]), " ")
}

// Truth of a condition.
type Truth int

// The three values.
const (
	Undecided Truth = iota
	True
	False
)

// Eval answers the condition. open is the comparison that leaves it undecided,
// where one does.
func (c *Condition) Eval(scope *hcl.EvalContext) (t Truth, open Comparison, diags hcl.Diagnostics) {
	if diags := Check(c.tree, scope); diags.HasErrors() {
		return Undecided, open, diags
	}
	c.open = nil
	v, diags := c.tree.Value(scope)
	if diags.HasErrors() {
		return Undecided, open, diags
	}
	if v, _ = v.UnmarkDeep(); v.IsKnown() || v.Type() != cty.DynamicPseudoType {
		b, err := convert.Convert(v, cty.Bool)
		if err != nil || b.IsNull() {
			return Undecided, open, hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "Invalid value", Detail: "The expression must give a bool.",
				Subject: c.tree.Range().Ptr(), Expression: c.tree, EvalContext: scope,
			}}
		}
		v = b
	}
	switch {
	case !v.IsKnown() && len(c.open) > 0:
		return Undecided, c.open[0], diags
	case !v.IsKnown():
		return Undecided, Comparison{Text: strings.Join(strings.Fields(c.Text), " ")}, diags
	case v.True():
		return True, open, diags
	}
	return False, open, diags
}

// Variables are the names that the condition uses.
func (c *Condition) Variables() []hcl.Traversal { return c.tree.Variables() }

// A Use is a place in which a condition uses a measured number.
type Use struct {
	Ref
	Range hcl.Range
}

// Uses lists the measured numbers that an expression uses, each once, in order.
func Uses(variables []hcl.Traversal) []Use {
	var out []Use
	seen := map[Ref]bool{}
	for _, t := range variables {
		if r, _, ok := refOf(t); ok && !seen[r] {
			seen[r] = true
			out = append(out, Use{r, t.SourceRange()})
		}
	}
	return out
}
