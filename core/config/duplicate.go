package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/expr"
)

// duplicateKeys reports keys that an object has twice, of which HCL keeps the
// last without a word. A key that is an expression is compared with the others
// when the object is evaluated. HCL's JSON syntax reports duplicates itself.
func duplicateKeys(node hclsyntax.Node) hcl.Diagnostics {
	return hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		object, ok := n.(*hclsyntax.ObjectConsExpr)
		if !ok {
			return nil
		}
		var keys []hclsyntax.Expression
		computed, nested := false, false
		for _, item := range object.Items {
			keys = append(keys, item.KeyExpr)
			_, constant := keyName(item.KeyExpr, nil)
			computed, nested = computed || !constant, nested || hasObject(item.KeyExpr)
		}
		if computed && !nested { // keys within keys would be evaluated again at each level
			last := &object.Items[len(keys)-1]
			last.KeyExpr = &lastKey{Expression: last.KeyExpr, keys: keys}
		}
		return duplicatesOf(keys, nil)
	})
}

func hasObject(node hclsyntax.Node) bool {
	found := false
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		_, ok := n.(*hclsyntax.ObjectConsExpr)
		found = found || ok
		return nil
	})
	return found
}

// duplicatesOf reports the keys that are known in scope and stand twice.
func duplicatesOf(keys []hclsyntax.Expression, scope *hcl.EvalContext) hcl.Diagnostics {
	var diags hcl.Diagnostics
	first := map[string]hcl.Range{}
	for _, k := range keys {
		name, ok := keyName(k, scope)
		if !ok {
			continue
		}
		at, twice := first[name]
		if !twice {
			first[name] = k.Range()
			continue
		}
		again := k.Range()
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Duplicate key", Subject: &again,
			Detail: fmt.Sprintf("The key %q stands at %s:%d,%d already, and only one of the two values would count. Delete one of them.",
				name, at.Filename, at.Start.Line, at.Start.Column),
		})
	}
	return diags
}

// lastKey is the last key of an object that has computed ones; with it, all are
// compared.
type lastKey struct {
	hclsyntax.Expression
	keys []hclsyntax.Expression
}

func (k *lastKey) Value(scope *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := k.Expression.Value(scope)
	if scope == nil { // whoever asks whether it is a constant
		return v, diags
	}
	return v, append(diags, duplicatesOf(k.keys, scope)...)
}

// UnwrapExpression is how HCL finds the expression behind a wrapper.
func (k *lastKey) UnwrapExpression() hcl.Expression { return k.Expression }

// keyName is the value of a key, as far as it is known.
func keyName(key hclsyntax.Expression, scope *hcl.EvalContext) (string, bool) {
	v, diags := expr.Eval(key, scope)
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
