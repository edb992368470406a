package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// value is the type of an attribute.
type value struct {
	kind    string // string, bool, number, list, map
	integer bool
	elem    *value
	pointer bool // nil stands for null
}

func readType(t reflect.Type, top bool) (*value, error) {
	switch t.Kind() {
	case reflect.String:
		return &value{kind: "string"}, nil
	case reflect.Bool:
		return &value{kind: "bool"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &value{kind: "number", integer: true}, nil
	case reflect.Float32, reflect.Float64:
		return &value{kind: "number"}, nil
	case reflect.Pointer:
		if top {
			v, err := readType(t.Elem(), false)
			if err == nil {
				v.pointer = true
			}
			return v, err
		}
	case reflect.Slice:
		elem, err := readType(t.Elem(), false)
		return &value{kind: "list", elem: elem}, err
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			elem, err := readType(t.Elem(), false)
			return &value{kind: "map", elem: elem}, err
		}
	}
	return nil, fmt.Errorf("type %s cannot be configured", t)
}

// hcl is the HCL type expression.
func (t *value) hcl() string {
	if t.elem != nil {
		return t.kind + "(" + t.elem.hcl() + ")"
	}
	return t.kind
}

// set stores v in target. v is decoded JSON, never nil at the top.
func (t *value) set(v any, target reflect.Value, at steps) []Diagnostic {
	if t.pointer {
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	wrong := func() []Diagnostic {
		return fault(at, "config_type", "a "+t.hcl()+" is needed", "Got "+jsonKind(v)+".")
	}
	switch t.kind {
	case "string":
		s, ok := v.(string)
		if !ok {
			return wrong()
		}
		target.SetString(s)
	case "bool":
		b, ok := v.(bool)
		if !ok {
			return wrong()
		}
		target.SetBool(b)
	case "number":
		n, ok := v.(json.Number)
		if !ok {
			return wrong()
		}
		if err := setNumber(n, target); err != nil {
			return fault(at, "config_number", err.Error(), fmt.Sprintf("Got %s.", n))
		}
	case "list":
		list, ok := v.([]any)
		if !ok {
			return wrong()
		}
		var out []Diagnostic
		slice := reflect.MakeSlice(target.Type(), len(list), len(list))
		for i, item := range list {
			out = append(out, t.elem.set(item, slice.Index(i), join(at, indexStep(i)))...)
		}
		target.Set(slice)
		return out
	case "map":
		m, ok := v.(map[string]any)
		if !ok {
			return wrong()
		}
		var out []Diagnostic
		result := reflect.MakeMapWithSize(target.Type(), len(m))
		for _, key := range slices.Sorted(maps.Keys(m)) {
			item := reflect.New(target.Type().Elem()).Elem()
			out = append(out, t.elem.set(m[key], item, join(at, keyStep(key)))...)
			result.SetMapIndex(reflect.ValueOf(key).Convert(target.Type().Key()), item)
		}
		target.Set(result)
		return out
	}
	return nil
}

func setNumber(n json.Number, target reflect.Value) error {
	if target.CanFloat() {
		x, err := n.Float64()
		if err != nil || target.OverflowFloat(x) {
			return errors.New("the number is too large")
		}
		target.SetFloat(x)
		return nil
	}
	if target.CanUint() {
		if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil && !target.OverflowUint(u) {
			target.SetUint(u)
			return nil
		}
	} else if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil && !target.OverflowInt(i) {
		target.SetInt(i)
		return nil
	}
	// Other spellings of whole numbers, such as 1e3 and 4.0.
	x, err := n.Float64()
	switch {
	case err != nil || math.Abs(x) >= 1<<53:
		return errors.New("the number is too large")
	case x != math.Trunc(x):
		return errors.New("a whole number is needed")
	case target.CanUint() && x < 0:
		return errors.New("the number must not be negative")
	case target.CanUint() && !target.OverflowUint(uint64(x)):
		target.SetUint(uint64(x))
	case !target.CanUint() && !target.OverflowInt(int64(x)):
		target.SetInt(int64(x))
	default:
		return errors.New("the number is too large")
	}
	return nil
}

// parse reads the text of a default or oneof tag: plain text for strings, JSON
// for everything else.
func (t *value) parse(text string) (any, error) {
	if t.kind == "string" {
		return text, nil
	}
	v, err := parseJSON([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	if v == nil {
		return nil, fmt.Errorf("%q: null is not a value", text)
	}
	return v, nil
}
