package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
)

func (m *Module) decodeLocals(blocks hcl.Blocks) hcl.Diagnostics {
	r := &reader{}
	for _, b := range blocks {
		attrs, diags := b.Body.JustAttributes()
		r.diags = append(r.diags, diags...)
		for _, attr := range sorted(attrs) {
			if first, ok := m.locals[attr.Name]; ok {
				r.fault(attr.NameRange, "Duplicate local", "local.%s is defined at %s already. Delete one of the two.", attr.Name, place(first.NameRange))
				continue
			}
			m.locals[attr.Name] = attr
		}
	}
	m.orderLocals(r)
	return r.diags
}

// orderLocals sorts the locals so that each follows what it refers to, and
// reports circles; locals in a circle stay out of the order.
func (m *Module) orderLocals(r *reader) {
	names := slices.Sorted(maps.Keys(m.locals))
	graph := map[string][]string{}
	for _, name := range names {
		for _, t := range m.locals[name].Expr.Variables() {
			if t.RootName() != "local" || len(t) < 2 {
				continue
			}
			if step, ok := t[1].(hcl.TraverseAttr); ok && m.locals[step.Name] != nil {
				graph[name] = append(graph[name], step.Name)
			}
		}
	}
	order, circles := topological(names, graph)
	m.localOrder = order
	for _, c := range circles {
		r.fault(m.locals[c[0]].NameRange, "Locals refer to each other in a circle",
			"local.%s. Break the circle by writing one of them without the others.", strings.Join(append(c, c[0]), " → local."))
	}
}

// topological sorts names so that each follows the names that it points to,
// otherwise keeping their order; names in or behind a circle are left out,
// and each circle is returned once.
func topological(names []string, graph map[string][]string) (order []string, circles [][]string) {
	const (
		unseen = iota
		open
		done
		failed
	)
	state := map[string]int{}
	var path []string
	var visit func(string) bool
	visit = func(n string) bool {
		switch state[n] {
		case done:
			return true
		case failed:
			return false
		case open:
			i := slices.Index(path, n)
			circles = append(circles, slices.Clone(path[i:]))
			return false
		}
		state[n] = open
		path = append(path, n)
		ok := true
		for _, next := range graph[n] {
			ok = visit(next) && ok
		}
		path = path[:len(path)-1]
		if !ok {
			state[n] = failed
			return false
		}
		state[n] = done
		order = append(order, n)
		return true
	}
	for _, n := range names {
		visit(n)
	}
	return order, circles
}

// localValues evaluates the locals in scope. Without a device, locals that
// need one are unknown and their faults are kept for later.
func (m *Module) localValues(scope *hcl.EvalContext, device bool) (cty.Value, hcl.Diagnostics) {
	values := map[string]cty.Value{}
	for name := range m.locals {
		values[name] = cty.DynamicVal
	}
	inner := scope.NewChild()
	inner.Variables = map[string]cty.Value{"local": cty.ObjectVal(values)}
	var diags hcl.Diagnostics
	bytes := 0.0
	for _, name := range m.localOrder {
		v, more := expr.Eval(m.locals[name].Expr, inner)
		if bytes += expr.Size(v); bytes > expr.Most {
			v, more = cty.DynamicVal, append(more, tooMuch(m.locals[name]))
		}
		if more.HasErrors() {
			v = cty.DynamicVal
		}
		if device {
			diags = append(diags, explain(more)...)
		}
		values[name] = v
		inner.Variables["local"] = cty.ObjectVal(values)
	}
	return cty.ObjectVal(values), diags
}

func tooMuch(local *hcl.Attribute) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Too large",
		Detail:  fmt.Sprintf("With local.%s the locals would have more than %d MiB. Make them smaller.", local.Name, expr.Most>>20),
		Subject: local.Expr.Range().Ptr(),
	}
}

// suggestName is "Did you mean" over the names of an object or map value.
func suggestName(given, what string, v cty.Value) string {
	var names []string
	if ty := v.Type(); ty.IsObjectType() {
		names = slices.Sorted(maps.Keys(ty.AttributeTypes()))
	} else if v.IsKnown() && !v.IsNull() && ty.IsMapType() {
		names = slices.Sorted(maps.Keys(v.AsValueMap()))
	}
	return diag.DidYouMean(given, what, names)
}
