package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
)

const (
	maxCases   = 10_000 // of one experiment, before exclude
	maxConfigs = 20_000 // cases times variants of one experiment
)

// axis is one key of the matrix.
type axis struct {
	key    string
	values []cty.Value
	ranges []hcl.Range // of each value, or of the key's expression
}

// point is one case before its variants are known.
type point struct {
	id     string
	matrix map[string]cty.Value
}

// points expands matrix and exclude. The order is that of nested loops over
// the keys, sorted, each in the order in which its values are written.
func (x *experiment) points() []point {
	attr := x.attrs["matrix"]
	if attr == nil {
		if ex := x.attrs["exclude"]; ex != nil {
			x.fault(ex.NameRange, "Nothing to exclude from", "exclude takes cases out of the matrix, and there is none. Add a matrix or delete exclude.")
		}
		return []point{{id: "default", matrix: map[string]cty.Value{}}}
	}
	axes, ok := x.axes(attr)
	if !ok {
		return nil
	}
	total := 1
	for _, a := range axes {
		if total *= len(a.values); total > maxCases {
			x.fault(attr.Expr.Range(), "Too many cases", "This matrix has more than %d cases. Take values out, or split the experiment.", maxCases)
			return nil
		}
	}
	points := []point{{matrix: map[string]cty.Value{}}}
	for _, a := range axes {
		next := make([]point, 0, len(points)*len(a.values))
		for _, p := range points {
			for _, v := range a.values {
				m := maps.Clone(p.matrix)
				m[a.key] = v
				id := a.key + "=" + label(v)
				if p.id != "" {
					id = p.id + "," + id
				}
				next = append(next, point{id, m})
			}
		}
		points = next
	}
	if len(axes) == 0 {
		points[0].id = "default"
	}
	x.distinct(attr, points)
	return x.exclude(axes, points)
}

// distinct reports cases of one id, which values that hold a comma and an equals
// sign can make: their results could not be told apart.
func (x *experiment) distinct(attr *hcl.Attribute, points []point) {
	seen := map[string]bool{}
	for _, p := range points {
		if seen[p.id] {
			x.fault(attr.Expr.Range(), "Duplicate case", "Two cases are called %s, so that their results could not be told apart. Take a comma or an equals sign out of the values, or put the values into locals and look them up by a name.", p.id)
			return
		}
		seen[p.id] = true
	}
}

func (x *experiment) axes(attr *hcl.Attribute) ([]axis, bool) {
	v, ok := x.eval(attr.Expr)
	if !ok {
		return nil, false
	}
	if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
		x.invalid(attr, "an object of lists is required, such as { bits = [4, 8], tokens = [1, 64] }.")
		return nil, false
	}
	written := map[string]hcl.Expression{}
	if pairs, diags := hcl.ExprMap(attr.Expr); !diags.HasErrors() {
		for _, p := range pairs {
			if k, ok := constantString(p.Key); ok {
				written[k] = p.Value
			}
		}
	}
	var axes []axis
	good := true
	for _, key := range slices.Sorted(maps.Keys(v.AsValueMap())) {
		expr := written[key]
		if expr == nil {
			expr = attr.Expr
		}
		a, ok := x.axis(key, v.AsValueMap()[key], expr)
		good = good && ok
		axes = append(axes, a)
	}
	return axes, good
}

func (x *experiment) axis(key string, list cty.Value, expr hcl.Expression) (axis, bool) {
	a := axis{key: key}
	ty := list.Type()
	if list.IsNull() || !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		x.fault(expr.Range(), "Invalid matrix", "%s: a list of values is required, such as [4, 8].", key)
		return a, false
	}
	if list.LengthInt() == 0 {
		x.fault(expr.Range(), "Invalid matrix", "%s has no values, so that there would be no case at all. Give it one, or delete the key.", key)
		return a, false
	}
	elements, diags := hcl.ExprList(expr)
	if diags.HasErrors() || len(elements) != list.LengthInt() {
		elements = nil
	}
	first := map[string]hcl.Range{}
	ok := true
	i := 0
	for it := list.ElementIterator(); it.Next(); i++ {
		_, v := it.Element()
		at := expr.Range()
		if elements != nil {
			at = elements[i].Range()
		}
		if v.IsNull() || !v.Type().IsPrimitiveType() {
			x.fault(at, "Invalid matrix", "%s: each value must be a string, a number or a bool, because it becomes a part of the case's name. Put objects into locals and look them up by a name.", key)
			ok = false
			continue
		}
		if v.Type() == cty.Number && v.AsBigFloat().IsInf() {
			x.fault(at, "Invalid matrix", "%s: the number is not finite.", key)
			ok = false
			continue
		}
		name := label(v)
		if before, dup := first[name]; dup {
			x.fault(at, "Duplicate case", "%s=%s is in the matrix twice, first at %s:%d,%d. Delete one of the two.", key, name, before.Filename, before.Start.Line, before.Start.Column)
			ok = false
			continue
		}
		first[name] = at
		a.values = append(a.values, v)
		a.ranges = append(a.ranges, at)
	}
	return a, ok
}

// label writes a primitive value as a part of a name.
func label(v cty.Value) string {
	if v.Type() == cty.String {
		return v.AsString()
	}
	if v.Type() == cty.Number {
		return v.AsBigFloat().Text('g', 15)
	}
	return diag.Text(v)
}

// exclude takes out the points that agree with an entry of exclude in every
// key that the entry has.
func (x *experiment) exclude(axes []axis, points []point) []point {
	attr := x.attrs["exclude"]
	if attr == nil {
		return points
	}
	v, ok := x.eval(attr.Expr)
	if !ok {
		return points
	}
	if ty := v.Type(); v.IsNull() || !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		x.invalid(attr, "a list of objects is required, such as [{ bits = 8, tokens = 4 }].")
		return points
	}
	var keys []string
	for _, a := range axes {
		keys = append(keys, a.key)
	}
	elements, _ := hcl.ExprList(attr.Expr)
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, entry := it.Element()
		at := attr.Expr.Range()
		if i < len(elements) {
			at = elements[i].Range()
		}
		if entry.IsNull() || !entry.Type().IsObjectType() && !entry.Type().IsMapType() {
			x.fault(at, "Invalid exclude", "Each entry must be an object with keys of the matrix: %s.", strings.Join(keys, ", "))
			continue
		}
		want := entry.AsValueMap()
		good := len(want) > 0
		if !good {
			x.fault(at, "Invalid exclude", "An entry without a key would exclude everything. Its keys may be: %s.", strings.Join(keys, ", "))
		}
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if !slices.Contains(keys, k) {
				x.fault(at, "Invalid exclude", "The matrix has no key %q. %s", k, diag.DidYouMean(k, "keys", keys))
				good = false
			}
		}
		if !good {
			continue
		}
		before := len(points)
		points = slices.DeleteFunc(points, func(p point) bool {
			for k, v := range want {
				if v.IsNull() || !v.Type().IsPrimitiveType() || label(v) != label(p.matrix[k]) {
					return false
				}
			}
			return true
		})
		if len(points) == before {
			x.warn(at, "Nothing excluded", "No case of the matrix agrees with %s.", diag.Text(entry))
		}
	}
	if len(points) == 0 {
		x.fault(attr.Expr.Range(), "No case left", "exclude takes every case out of the matrix.")
	}
	return points
}
