package expr

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Sides say which bounds of a number could make a condition true that is not.
// The opposite ones could make it false, and they are as many.
type Sides struct{ Lower, Upper bool }

// Count is the number of bounds.
func (s Sides) Count() (n int) {
	if s.Lower {
		n++
	}
	if s.Upper {
		n++
	}
	return n
}

func (s Sides) opposite() Sides { return Sides{Lower: s.Upper, Upper: s.Lower} }

var both = Sides{true, true}

// Ends says which bounds of each measured number the condition hangs on. Each
// bound may be wrong, so that each is a claim: ratio.decode > 1 makes one, and
// abs(ratio.decode - 1) < 0.02 two. They follow from the text alone, before any
// data.
func (c *Condition) Ends() map[Ref]Sides {
	e := ends{c, map[Ref]Sides{}}
	e.truth(c.tree, false)
	return e.sides
}

type ends struct {
	*Condition
	sides map[Ref]Sides
}

// truth walks an expression that is true or false. negated: it is its falsehood
// that makes the condition true.
func (e ends) truth(n hclsyntax.Node, negated bool) {
	low, high := Sides{Lower: true}, Sides{Upper: true}
	if negated {
		low, high = high, low
	}
	switch n := n.(type) {
	case *hclsyntax.ParenthesesExpr:
		e.truth(n.Expression, negated)
		return
	case *hclsyntax.TemplateWrapExpr:
		e.truth(n.Wrapped, negated)
		return
	case *hclsyntax.UnaryOpExpr:
		if n.Op == hclsyntax.OpLogicalNot {
			e.truth(n.Val, !negated)
			return
		}
	case *hclsyntax.BinaryOpExpr:
		switch e.ops[n] {
		case hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr:
			e.truth(n.LHS, negated)
			e.truth(n.RHS, negated)
			return
		case hclsyntax.OpGreaterThan, hclsyntax.OpGreaterThanOrEqual:
			e.number(n.LHS, low)
			e.number(n.RHS, high)
			return
		case hclsyntax.OpLessThan, hclsyntax.OpLessThanOrEqual:
			e.number(n.LHS, high)
			e.number(n.RHS, low)
			return
		}
	}
	e.all(n)
}

// number walks an expression of which a bound matters.
func (e ends) number(n hclsyntax.Node, s Sides) {
	switch n := n.(type) {
	case *hclsyntax.ParenthesesExpr:
		e.number(n.Expression, s)
		return
	case *hclsyntax.ScopeTraversalExpr:
		if r, _, ok := refOf(n.Traversal); ok {
			if r.Name == "" {
				s = both
			}
			e.add(r, s)
		}
		return
	case *hclsyntax.UnaryOpExpr:
		if n.Op == negation {
			e.number(n.Val, s.opposite())
			return
		}
	case *hclsyntax.FunctionCallExpr:
		if n.Name == "min" || n.Name == "max" {
			for _, a := range n.Args {
				e.number(a, s)
			}
			return
		}
	case *hclsyntax.BinaryOpExpr:
		left, right := both, both
		switch e.ops[n] {
		case hclsyntax.OpAdd:
			left, right = s, s
		case hclsyntax.OpSubtract:
			left, right = s, s.opposite()
		case hclsyntax.OpMultiply:
			if e.positive(n.RHS) {
				left = s
			}
			if e.positive(n.LHS) {
				right = s
			}
		case hclsyntax.OpDivide:
			if e.positive(n.RHS) {
				left = s
			}
			if e.positive(n.LHS) && e.positive(n.RHS) {
				right = s.opposite()
			}
		}
		e.number(n.LHS, left)
		e.number(n.RHS, right)
		return
	}
	e.all(n)
}

// positive says that a number is never below 0, whatever is measured.
func (e ends) positive(n hclsyntax.Node) bool {
	switch n := n.(type) {
	case *hclsyntax.ParenthesesExpr:
		return e.positive(n.Expression)
	case *hclsyntax.LiteralValueExpr:
		return n.Val.Type() == cty.Number && n.Val.IsKnown() && !n.Val.IsNull() && n.Val.AsBigFloat().Sign() >= 0
	case *hclsyntax.ScopeTraversalExpr:
		r, _, ok := refOf(n.Traversal)
		return ok && (r.Root == Ratio || r.Root == Rate)
	case *hclsyntax.BinaryOpExpr:
		switch e.ops[n] {
		case hclsyntax.OpAdd, hclsyntax.OpMultiply, hclsyntax.OpDivide:
			return e.positive(n.LHS) && e.positive(n.RHS)
		}
	}
	return false
}

// all adds both bounds of every number below a node.
func (e ends) all(n hclsyntax.Node) {
	if x, ok := n.(hclsyntax.Expression); ok {
		for _, t := range x.Variables() {
			if r, _, ok := refOf(t); ok {
				e.add(r, both)
			}
		}
	}
}

func (e ends) add(r Ref, s Sides) {
	o := e.sides[r]
	e.sides[r] = Sides{o.Lower || s.Lower, o.Upper || s.Upper}
}
