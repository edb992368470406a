package expr

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// boundsOfRoot starts the names under which a message finds the bounds of numbers. No
// identifier has a space.
const boundsOfRoot = "bounds of "

// Bounded lets a message take .estimate, .lower and .upper of a measured number,
// which otherwise is its estimate alone. It changes the expression, and doing it
// again changes nothing.
func Bounded(message hclsyntax.Expression) {
	_ = hclsyntax.VisitAll(message, func(n hclsyntax.Node) hcl.Diagnostics {
		x, ok := n.(*hclsyntax.ScopeTraversalExpr)
		if !ok {
			return nil
		}
		if _, rest, ok := refOf(x.Traversal); ok && len(rest) > 0 {
			root := x.Traversal[0].(hcl.TraverseRoot)
			root.Name = boundsOfRoot + root.Name
			x.Traversal[0] = root
		}
		return nil
	})
}

// MessageScope makes measured numbers known to a message: their estimates, and
// their bounds to one that [Bounded] has read.
func MessageScope(parent *hcl.EvalContext, numbers map[Ref]Interval) *hcl.EvalContext {
	estimates, bounds := map[Ref]cty.Value{}, map[Ref]cty.Value{}
	for r, i := range numbers {
		estimates[r], bounds[r] = cty.NumberFloatVal(i.Estimate), i.Bounds()
	}
	return messageScope(parent, estimates, bounds)
}

func messageScope(parent *hcl.EvalContext, estimates, bounds map[Ref]cty.Value) *hcl.EvalContext {
	scope := Scope(parent, estimates)
	for name, v := range Scope(parent, bounds).Variables {
		scope.Variables[boundsOfRoot+name] = v
	}
	return scope
}

// Unmeasured are the scopes of conditions and of messages before anything is
// measured: every number is one, of which nothing is known.
func Unmeasured(parent *hcl.EvalContext, numbers []Ref) (condition, message *hcl.EvalContext) {
	estimates, bounds := map[Ref]cty.Value{}, map[Ref]cty.Value{}
	some := cty.UnknownVal(cty.Number).RefineNotNull()
	for _, r := range numbers {
		estimates[r] = some
		bounds[r] = cty.ObjectVal(map[string]cty.Value{"estimate": some, "lower": some, "upper": some})
	}
	return Scope(parent, estimates), messageScope(parent, estimates, bounds)
}

// Unbounded is a name of [Bounded] as its author wrote it.
func Unbounded(name string) string { return strings.TrimPrefix(name, boundsOfRoot) }
