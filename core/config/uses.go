package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// uses are the names that expressions refer to, by root (var, local, matrix).
// The name "" stands for all: the root is used as a whole, or by a name that is
// computed.
type uses map[string]map[string]bool

func (u uses) has(root, name string) bool { return u[root][name] || u[root][""] }

func (u uses) add(body hcl.Body) { u.addBut(body, "", "") }

// addBut adds what a body refers to, but for one name.
func (u uses) addBut(body hcl.Body, root, name string) {
	note := func(t hcl.Traversal) {
		if len(t) == 0 || t.IsRelative() {
			return
		}
		used := second(t)
		if t.RootName() == root && used == name && name != "" {
			return
		}
		if u[t.RootName()] == nil {
			u[t.RootName()] = map[string]bool{}
		}
		u[t.RootName()][used] = true
	}
	if body == nil { // a value from the command line
		return
	}
	native, ok := body.(*hclsyntax.Body)
	if !ok { // a property of HCL's JSON syntax is an expression of all that it holds
		attrs, _ := body.JustAttributes()
		for _, attr := range attrs {
			for _, t := range attr.Expr.Variables() {
				note(t)
			}
		}
		return
	}
	_ = hclsyntax.VisitAll(native, func(n hclsyntax.Node) hcl.Diagnostics {
		if e, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
			note(e.Traversal)
		}
		return nil
	})
}

// second is the name after the root of a traversal, "" for none.
func second(t hcl.Traversal) string {
	if len(t) < 2 {
		return ""
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString()
		}
	}
	return ""
}
