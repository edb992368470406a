package expr

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A Fault is a part of a condition that could not answer as its author expects.
type Fault struct {
	Kind  FaultKind
	Range hcl.Range
	Ref   Ref    // the number
	Part  string // a function or an operator that loses the bounds; the bound that was taken
	Text  string // the part as written
}

// FaultKind is what is wrong.
type FaultKind int

// The faults of conditions.
const (
	BoundTaken FaultKind = iota // ratio.decode.lower in a condition
	BoundsLost                  // floor(ratio.decode)
	NeverEqual                  // ratio.decode == 1
)

// Faults lists what is wrong with a condition whatever is measured. measured says
// which numbers are intervals.
func (c *Condition) Faults(measured func(Ref) bool) []Fault {
	w := &walker{Condition: c, measured: measured, told: map[hclsyntax.Node]bool{}}
	_ = hclsyntax.VisitAll(c.tree, func(n hclsyntax.Node) hcl.Diagnostics {
		w.node(n)
		return nil
	})
	return w.faults
}

type walker struct {
	*Condition
	measured func(Ref) bool
	faults   []Fault
	told     map[hclsyntax.Node]bool
}

func (w *walker) add(k FaultKind, n hclsyntax.Node, r Ref, part string) {
	w.faults = append(w.faults, Fault{Kind: k, Range: n.Range(), Ref: r, Part: part, Text: w.slice(n.Range())})
}

func (w *walker) node(n hclsyntax.Node) {
	switch n := n.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		w.taken(n, n)
	case *hclsyntax.FunctionCallExpr:
		for _, a := range n.Args {
			if r, ok := w.interval(a); ok && !Keeps(n.Name) {
				w.add(BoundsLost, n, r, n.Name+"()")
				return
			}
		}
	case *hclsyntax.BinaryOpExpr:
		w.taken(n.LHS, n)
		w.taken(n.RHS, n)
		l, left := w.interval(n.LHS)
		r, right := w.interval(n.RHS)
		if !left {
			l = r
		}
		switch op := w.ops[n]; {
		case !left && !right:
		case op == hclsyntax.OpModulo:
			w.add(BoundsLost, n, l, "%")
		case op == hclsyntax.OpEqual || op == hclsyntax.OpNotEqual:
			w.add(NeverEqual, n, l, "")
		}
	case *hclsyntax.TemplateExpr:
		for _, p := range n.Parts {
			if r, ok := w.interval(p); ok {
				w.add(BoundsLost, n, r, "a string")
				return
			}
		}
	}
}

// taken reports a bound of a number, once, as the comparison that it stands in.
func (w *walker) taken(n, in hclsyntax.Node) {
	x, ok := n.(*hclsyntax.ScopeTraversalExpr)
	if !ok || w.told[x] {
		return
	}
	w.told[x] = true
	if r, rest, ok := refOf(x.Traversal); ok && len(rest) > 0 {
		if s := step(rest[0]); s == "estimate" || s == "lower" || s == "upper" {
			w.add(BoundTaken, in, r, s)
		}
	}
}

// interval says that the value of a part is an interval, and of which number. What
// is compared is one no more.
func (w *walker) interval(n hclsyntax.Node) (Ref, bool) {
	var parts []hclsyntax.Expression
	switch n := n.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		r, _, ok := refOf(n.Traversal)
		return r, ok && w.measured(r)
	case *hclsyntax.BinaryOpExpr:
		if order[w.ops[n]] != nil {
			return Ref{}, false
		}
		parts = []hclsyntax.Expression{n.LHS, n.RHS}
	case *hclsyntax.ConditionalExpr:
		parts = []hclsyntax.Expression{n.TrueResult, n.FalseResult}
	case *hclsyntax.UnaryOpExpr:
		parts = []hclsyntax.Expression{n.Val}
	case *hclsyntax.ParenthesesExpr:
		parts = []hclsyntax.Expression{n.Expression}
	case *hclsyntax.TemplateWrapExpr:
		parts = []hclsyntax.Expression{n.Wrapped}
	case *hclsyntax.FunctionCallExpr:
		parts = n.Args
	case *hclsyntax.TupleConsExpr:
		parts = n.Exprs
	case *hclsyntax.TemplateExpr:
		parts = n.Parts
	case *hclsyntax.IndexExpr:
		parts = []hclsyntax.Expression{n.Collection}
	case *hclsyntax.RelativeTraversalExpr:
		parts = []hclsyntax.Expression{n.Source}
	}
	for _, p := range parts {
		if r, ok := w.interval(p); ok {
			return r, true
		}
	}
	return Ref{}, false
}
