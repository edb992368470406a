package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/expr"
)

// reader takes typed values out of the attributes of one block and collects
// what is wrong with them. A value that is absent, wrong or unknown because
// of an earlier fault is the fallback.
type reader struct {
	attrs hcl.Attributes
	scope *hcl.EvalContext
	diags hcl.Diagnostics
}

func (r *reader) fault(at hcl.Range, summary, detail string, args ...any) {
	r.diags = append(r.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...), Subject: &at,
	})
}

func (r *reader) warn(at hcl.Range, summary, detail string, args ...any) {
	r.diags = append(r.diags, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: summary, Detail: fmt.Sprintf(detail, args...), Subject: &at,
	})
}

// invalid reports a value that does not fit, with what its names stood for.
func (r *reader) invalid(attr *hcl.Attribute, detail string, args ...any) {
	r.diags = append(r.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Invalid value", Detail: fmt.Sprintf("%q: ", attr.Name) + fmt.Sprintf(detail, args...),
		Subject: attr.Expr.Range().Ptr(), Expression: attr.Expr, EvalContext: r.scope,
	})
}

// eval evaluates an expression; ok is false for a fault, now or earlier.
func (r *reader) eval(e hcl.Expression) (v cty.Value, ok bool) {
	v, diags := expr.Eval(e, r.scope)
	r.diags = append(r.diags, explain(diags)...)
	if diags.HasErrors() || !v.IsWhollyKnown() {
		return cty.DynamicVal, false
	}
	v, _ = v.UnmarkDeep()
	return v, true
}

// value evaluates the attribute as ty; what says what it takes ("a string").
func (r *reader) value(name string, ty cty.Type, what string) (cty.Value, *hcl.Attribute, bool) {
	attr := r.attrs[name]
	if attr == nil {
		return cty.NilVal, nil, false
	}
	v, ok := r.eval(attr.Expr)
	if !ok {
		return cty.NilVal, attr, false
	}
	if v.IsNull() {
		return cty.NilVal, attr, false
	}
	v, err := convert.Convert(v, ty)
	if err != nil || !v.IsWhollyKnown() {
		r.invalid(attr, "%s is required.", what)
		return cty.NilVal, attr, false
	}
	return v, attr, true
}

func (r *reader) str(name, fallback string) string {
	v, _, ok := r.value(name, cty.String, "a string")
	if !ok {
		return fallback
	}
	return v.AsString()
}

// oneOf reads a string that must be one of the choices.
func (r *reader) oneOf(name, fallback string, choices ...string) string {
	v, attr, ok := r.value(name, cty.String, "one of "+strings.Join(choices, ", "))
	if !ok {
		return fallback
	}
	if s := v.AsString(); slices.Contains(choices, s) {
		return s
	}
	r.invalid(attr, "%s is not known here. %s", diag.Text(v), diag.DidYouMean(v.AsString(), "choices", choices))
	return fallback
}

func (r *reader) boolean(name string, fallback bool) bool {
	v, _, ok := r.value(name, cty.Bool, "true or false")
	if !ok {
		return fallback
	}
	return v.True()
}

func (r *reader) integer(name string, fallback, least, most int) int {
	v, attr, ok := r.value(name, cty.Number, "a whole number")
	if !ok {
		return fallback
	}
	f := v.AsBigFloat()
	n, accuracy := f.Int64()
	if !f.IsInt() || accuracy != 0 || n < int64(least) || n > int64(most) {
		r.invalid(attr, "%s will not do: a whole number from %d to %d is required.", diag.Text(v), least, most)
		return fallback
	}
	return int(n)
}

func (r *reader) seed(name string) uint64 {
	v, attr, ok := r.value(name, cty.Number, "a whole number")
	if !ok {
		return 0
	}
	n, accuracy := v.AsBigFloat().Uint64()
	if accuracy != 0 {
		r.invalid(attr, "%s will not do: a whole number from 0 to %d is required.", diag.Text(v), uint64(math.MaxUint64))
		return 0
	}
	return n
}

// number reads a float64 in [least, most).
func (r *reader) number(name string, fallback, least, below float64) float64 {
	v, attr, ok := r.value(name, cty.Number, "a number")
	if !ok {
		return fallback
	}
	f, _ := v.AsBigFloat().Float64()
	if f < least || f >= below {
		hint := ""
		if below == 1 {
			hint = " 5 % is written 0.05."
		}
		r.invalid(attr, "%s will not do: a number of at least %v and below %v is required.%s", diag.Text(v), least, below, hint)
		return fallback
	}
	return f
}

// share reads a float64 from 0 to 1, 0 without one.
func (r *reader) share(name string) float64 {
	v, attr, ok := r.value(name, cty.Number, "a number from 0 to 1")
	if !ok {
		return 0
	}
	f, _ := v.AsBigFloat().Float64()
	if f < 0 || f > 1 {
		r.invalid(attr, "%s will not do: a number from 0 to 1 is required. 95 %% is written 0.95.", diag.Text(v))
		return 0
	}
	return f
}

func (r *reader) duration(name string, fallback, least, most time.Duration) time.Duration {
	v, attr, ok := r.value(name, cty.String, `a duration such as "100ms" or "5m"`)
	if !ok {
		return fallback
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil {
		r.invalid(attr, `%s is not a duration. Write a number and a unit: "100ms", "30s", "5m", "1h30m".`, diag.Text(v))
		return fallback
	}
	if d < least || d > most {
		r.invalid(attr, "%s will not do: from %s to %s is allowed.", diag.Text(v), short(least), short(most))
		return fallback
	}
	return d
}

func (r *reader) strings(name string) []string {
	v, attr, ok := r.value(name, cty.List(cty.String), "a list of strings")
	if !ok {
		return nil
	}
	var out []string
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if e.IsNull() {
			r.invalid(attr, "null is not a string.")
			return nil
		}
		out = append(out, e.AsString())
	}
	return out
}

// stringMap reads a map of strings for an environment; nil stands for null,
// which takes a key away.
func (r *reader) stringMap(name string) map[string]*string {
	v, attr, ok := r.value(name, cty.DynamicPseudoType, "a map of strings")
	if !ok {
		return nil
	}
	if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		r.invalid(attr, `a map of strings is required, such as { OMP_NUM_THREADS = "4" }.`)
		return nil
	}
	out := map[string]*string{}
	values := v.AsValueMap()
	for _, k := range slices.Sorted(maps.Keys(values)) { // faults in an order of their own
		e := values[k]
		if !variableName(k) {
			r.invalid(attr, "%q cannot be the name of an environment variable.", k)
			continue
		}
		if e.IsNull() {
			out[k] = nil
			continue
		}
		text, err := convert.Convert(e, cty.String)
		if err != nil || strings.ContainsRune(text.AsString(), 0) {
			r.invalid(attr, "%s: a string is required.", k)
			continue
		}
		s := text.AsString()
		out[k] = &s
	}
	return out
}

// applied drops the keys that are null; nil when nothing is left.
func applied(m map[string]*string) map[string]string {
	var out map[string]string
	for k, v := range m {
		if v == nil {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[k] = *v
	}
	return out
}

// variableName says whether s can be the name of an environment variable.
func variableName(s string) bool { return s != "" && !strings.ContainsAny(s, "=\x00") }

// short writes 5m0s as 5m.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// constantString evaluates an expression without names to a string.
func constantString(e hcl.Expression) (string, bool) {
	v, diags := expr.Eval(e, nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}
