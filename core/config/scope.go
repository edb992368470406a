package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
)

// DeviceFacts are what expressions may know of the device before it is
// opened, as device.kind, device.name, device.family, device.cores and
// device.memory (bytes).
type DeviceFacts struct {
	Kind        string // apple, cuda, cpu or sim; never auto
	Index       int    // of the device among those of its kind
	Name        string
	Family      string
	Cores       int
	MemoryBytes int64
}

func (d DeviceFacts) value() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"kind": cty.StringVal(d.Kind), "name": cty.StringVal(d.Name), "family": cty.StringVal(d.Family),
		"cores": cty.NumberIntVal(int64(d.Cores)), "memory": cty.NumberIntVal(d.MemoryBytes),
	})
}

// baseScope has var, path and the functions.
func (m *Module) baseScope() *hcl.EvalContext {
	vars := map[string]cty.Value{}
	for name, v := range m.Variables {
		vars[name] = v.Value
	}
	return &hcl.EvalContext{
		Variables: map[string]cty.Value{
			"var":  cty.ObjectVal(vars),
			"path": cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(m.Dir)}),
		},
		Functions: functions(m.Dir, m.readable...),
	}
}

// headScope is for what chooses the device: locals that need one are unknown.
func (m *Module) headScope() *hcl.EvalContext {
	base := m.baseScope()
	locals, _ := m.localValues(base, false)
	return with(base, "local", locals)
}

// deviceScope has device, and locals evaluated with it.
func (m *Module) deviceScope(d DeviceFacts) (*hcl.EvalContext, hcl.Diagnostics) {
	scope := with(m.baseScope(), "device", d.value())
	locals, diags := m.localValues(scope, true)
	return with(scope, "local", locals), diags
}

// with returns a child scope that knows one more name.
func with(scope *hcl.EvalContext, name string, v cty.Value) *hcl.EvalContext {
	child := scope.NewChild()
	child.Variables = map[string]cty.Value{name: v}
	return child
}

// where says in which places a name can be used, for the fault of using it
// elsewhere.
var where = map[string]string{
	"matrix":     "matrix.* is known in config, build, binary, env, variant, assert, select and the bounds of a guardrail: whatever is evaluated for each case.",
	"build":      "build.dir and build.commit are known in binary, env and config of a variant that is built.",
	"each":       "each.key and each.value are known in a variant with for_each.",
	"metric":     "metric.* is known in assert and select, once a variant has been measured.",
	"ratio":      "ratio.* is known in assert and select, once a variant has been measured.",
	"rate":       "rate.* is known in assert and select, once a variant has been measured.",
	"baseline":   "baseline.metric.* is known in assert and select, once a variant has been measured.",
	"at":         "at[VALUE] is known in an assert with over = KEY, a key of the matrix.",
	"variant":    "variant.name is known in assert and select.",
	"experiment": "experiment.NAME is known in depends_on and when.",
	"device":     "device.* is not known here: it is what this attribute chooses, or what is needed before there is a device.",
	"local":      "local.* is not known here.",
}

var kinds = map[string]string{
	"var": "variable", "local": "local", "matrix": "matrix key", "device": "fact of a device",
	"metric": "metric", "ratio": "phase or metric", "rate": "phase", "each": "attribute of each", "path": "path", "variant": "attribute of a variant",
	"build": "attribute of a build",
}

// explain rewrites HCL's own faults about names into ones that know what the
// names are and suggest the one that was meant.
func explain(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if call, ok := d.Expression.(*hclsyntax.FunctionCallExpr); ok && d.Summary == "Call to unknown function" {
			known := slices.Sorted(maps.Keys(functions("")))
			d.Detail = fmt.Sprintf("There is no function %q. %s", call.Name, diag.DidYouMean(call.Name, "functions", known))
			if slices.Contains([]string{"env", "getenv", "environ"}, call.Name) {
				d.Detail = fmt.Sprintf(`There is no function %q: what an experiment hangs on is declared. Write variable "name" {} and var.name; ASSAY_VAR_name in the environment sets it.`, call.Name)
			}
			continue
		}
		t, ok := failing(d)
		if !ok || len(t) == 0 {
			continue
		}
		root := expr.Unbounded(t.RootName())
		switch d.Summary {
		case "Unknown variable", "Variables not allowed":
			if text, ok := where[root]; ok {
				d.Summary, d.Detail = fmt.Sprintf("%s is not known here", root), text
			} else {
				d.Summary = "Unknown name"
				d.Detail = fmt.Sprintf("There is nothing called %q here. %s A string is written in quotes.", root, diag.DidYouMean(root, "names", names(d.EvalContext)))
			}
		case "Unsupported attribute":
			if len(t) < 2 {
				continue
			}
			attr, ok := t[1].(hcl.TraverseAttr)
			kind := kinds[root]
			if !ok || d.EvalContext == nil {
				continue
			}
			if kind == "" {
				kind = "attribute of " + root
			}
			object, more := t[:1].TraverseAbs(d.EvalContext)
			if more.HasErrors() || object.Type().IsObjectType() && object.Type().HasAttribute(attr.Name) {
				continue
			}
			plural := kind + "s"
			if first, other, ok := strings.Cut(kind, " or "); ok {
				plural = first + "s and " + other + "s"
			} else if first, of, ok := strings.Cut(kind, " of "); ok {
				plural = first + "s of " + of
			}
			d.Summary = "Unknown " + kind
			d.Detail = fmt.Sprintf("There is no %s.%s. %s", root, attr.Name, suggestName(attr.Name, plural, object))
		}
	}
	return diags
}

// names lists the root names that an expression in scope may use.
func names(scope *hcl.EvalContext) []string {
	var out []string
	for ; scope != nil; scope = scope.Parent() {
		out = append(out, slices.Collect(maps.Keys(scope.Variables))...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// failing is the traversal that a diagnostic is about.
func failing(d *hcl.Diagnostic) (hcl.Traversal, bool) {
	if d.Expression == nil || d.Subject == nil {
		return nil, false
	}
	if st, ok := d.Expression.(*hclsyntax.ScopeTraversalExpr); ok {
		return st.Traversal, true
	}
	for _, t := range d.Expression.Variables() {
		if r := t.SourceRange(); r.Filename == d.Subject.Filename && r.Overlaps(*d.Subject) {
			return t, true
		}
	}
	return nil, false
}
