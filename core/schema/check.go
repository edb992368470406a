package schema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
)

// scalar is the type that one_of, integer, min and max speak of: the
// attribute's own, or its elements' if it is a list, set or map.
func (a *Attribute) scalar() cty.Type {
	if a.Type.IsCollectionType() {
		return a.Type.ElementType()
	}
	return a.Type
}

// check holds v, already of the attribute's type, against its constraints.
// Null and unknown pass.
func (a *Attribute) check(v cty.Value) error {
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	if err := noNulls(v, a.Type); err != nil {
		return err
	}
	if !a.Type.IsCollectionType() {
		return a.checkScalar(v)
	}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if err := a.checkScalar(e); err != nil {
			if a.Type.IsSetType() {
				return err
			}
			return fmt.Errorf("element %s: %w", diag.Text(k), err)
		}
	}
	return nil
}

// noNulls refuses null inside a value, except where ty has an optional
// attribute: plugins are promised the types that they asked for.
func noNulls(v cty.Value, ty cty.Type) error {
	if v.IsNull() || !v.IsKnown() || ty.IsPrimitiveType() || !v.CanIterateElements() {
		return nil
	}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		inner, optional := cty.DynamicPseudoType, false
		switch {
		case ty.IsCollectionType():
			inner = ty.ElementType()
		case ty.IsTupleType():
			i, _ := k.AsBigFloat().Int64()
			inner = ty.TupleElementType(int(i))
		case ty.IsObjectType():
			inner, optional = ty.AttributeType(k.AsString()), ty.AttributeOptional(k.AsString())
		default: // any: whatever it holds
			optional = true
		}
		if e.IsNull() && !optional {
			return fmt.Errorf("element %s is null", diag.Text(k))
		}
		if err := noNulls(e, inner); err != nil {
			return err
		}
	}
	return nil
}

func (a *Attribute) checkScalar(v cty.Value) error {
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	if v.Type() == cty.Number {
		f := v.AsBigFloat()
		switch approx, _ := f.Float64(); {
		case f.IsInf():
			return fmt.Errorf("the number is not finite")
		case a.Integer && !f.IsInt():
			return fmt.Errorf("%s is not a whole number", diag.Text(v))
		case a.Min != nil && approx < *a.Min:
			return fmt.Errorf("%s is below the least allowed value, %v", diag.Text(v), *a.Min)
		case a.Max != nil && approx > *a.Max:
			return fmt.Errorf("%s is above the greatest allowed value, %v", diag.Text(v), *a.Max)
		}
	}
	if len(a.OneOf) == 0 {
		return nil
	}
	texts := make([]string, len(a.OneOf))
	for i, allowed := range a.OneOf {
		if v.Type() == allowed.Type() && v.RawEquals(allowed) {
			return nil
		}
		texts[i] = diag.Text(allowed)
	}
	err := fmt.Errorf("%s is not one of the allowed values: %s", diag.Text(v), strings.Join(texts, ", "))
	if v.Type() == cty.String {
		if s := diag.Suggest(diag.Text(v), texts); s != "" {
			err = fmt.Errorf("%w. Did you mean %s?", err, s)
		}
	}
	return err
}

var exponent = regexp.MustCompile(`[0-9.][eE][+-]?([0-9]+)`)

// saneNumbers refuses exponents that no measurement has: written out in full,
// as canonical JSON does, they would fill the memory.
func saneNumbers(text string) error {
	for _, m := range exponent.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err != nil || n > 400 {
			return fmt.Errorf("a number with the exponent %s is out of range", m[1])
		}
	}
	return nil
}
