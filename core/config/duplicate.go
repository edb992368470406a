package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// duplicateKeys reports keys that an object has twice, of which HCL keeps the
// last without a word. A key that is an expression is compared with the others
// when it is evaluated. HCL's JSON syntax reports duplicates itself.
func duplicateKeys(node hclsyntax.Node) hcl.Diagnostics {
	return hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		object, ok := n.(*hclsyntax.ObjectConsExpr)
		if !ok {
			return nil
		}
		var diags hcl.Diagnostics
		first := map[string]hcl.Range{}
		var keys []hclsyntax.Expression
		computed := false
		for i := range object.Items {
			item := &object.Items[i]
			key := item.KeyExpr
			if name, ok := keyName(key, nil); ok {
				if at, twice := first[name]; twice {
					diags = append(diags, duplicateKey(name, at, key.Range()))
				} else {
					first[name] = key.Range()
				}
			} else {
				computed = true
			}
			if computed { // whoever comes after a computed key may equal it
				item.KeyExpr = &computedKey{Expression: key, earlier: keys}
			}
			keys = append(keys, key)
		}
		return diags
	})
}

// computedKey is a key that must differ from those before it.
type computedKey struct {
	hclsyntax.Expression
	earlier []hclsyntax.Expression
}

func (k *computedKey) Value(scope *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := k.Expression.Value(scope)
	name, ok := keyName(k.Expression, scope)
	if !ok {
		return v, diags
	}
	for _, e := range k.earlier {
		if other, ok := keyName(e, scope); ok && other == name {
			return v, append(diags, duplicateKey(name, e.Range(), k.Range()))
		}
	}
	return v, diags
}

// UnwrapExpression is how HCL finds the expression behind a wrapper.
func (k *computedKey) UnwrapExpression() hcl.Expression { return k.Expression }

// keyName is the value of a key, as far as it is known.
func keyName(key hclsyntax.Expression, scope *hcl.EvalContext) (string, bool) {
	v, diags := key.Value(scope)
	if diags.HasErrors() {
		return "", false
	}
	v, _ = v.Unmark()
	v, err := convert.Convert(v, cty.String)
	if err != nil || v.IsNull() || !v.IsKnown() {
		return "", false
	}
	return v.AsString(), true
}

func duplicateKey(name string, first, again hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Duplicate key", Subject: &again,
		Detail: fmt.Sprintf("The key %q stands at %s:%d,%d already, and only one of the two values would count. Delete one of them.",
			name, first.Filename, first.Start.Line, first.Start.Column),
	}
}
