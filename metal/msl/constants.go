package msl

import (
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
)

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	sort.Strings(out)
	return out
}

// defined reports whether a function constant has a value.
func (u *Unit) defined(name string, o Options) bool {
	for _, c := range u.Constants {
		if c.Name == name {
			_, ok := o.Constants[c.Index]
			return ok
		}
	}
	return false
}

// CheckConstants reports a function constant that the kernel uses and that has
// no value, as Metal does when a kernel is looked up. A unit that asks
// is_function_constant_defined for it may leave it out. Rendering gives a
// constant without a value zero.
func (u *Unit) CheckConstants(k *Kernel, constants map[int]any) error {
	for _, c := range u.Constants {
		if _, ok := constants[c.Index]; ok {
			continue
		}
		if t, used := u.uses(k.fn, c.Name); used {
			return u.errorAt(t, "", "function constant %s (index %d) has no value: pass it when the kernel is looked up", c.Name, c.Index)
		}
	}
	return nil
}

// constantValue is the literal of a function constant.
func (u *Unit) constantValue(c FunctionConstant, o Options) (string, error) {
	v, ok := o.Constants[c.Index]
	if !ok {
		return c.Type + "(0)", nil
	}
	text, err := literal(v)
	if err != nil {
		return "", &Error{File: c.File, Line: c.Line, Col: 1, Msg: fmt.Sprintf("function constant %s: %v", c.Name, err)}
	}
	return c.Type + "(" + text + ")", nil
}

// uses finds a use of a name in a kernel, unless the unit asks whether the
// constant is defined.
func (u *Unit) uses(f *function, name string) (token, bool) {
	for _, e := range u.edits {
		if e.role == roleDefined && e.text == name {
			return token{}, false
		}
	}
	for i := f.body; i < f.end; i++ {
		if u.toks[i].kind == tokIdent && u.toks[i].text == name && !u.memberName(i) {
			return u.toks[i], true
		}
	}
	return token{}, false
}

func literal(v any) (string, error) {
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return "", fmt.Errorf("the value is nil")
	case r.Kind() == reflect.Bool:
		return strconv.FormatBool(r.Bool()), nil
	case r.CanInt():
		if r.Int() == math.MinInt64 {
			return "(-9223372036854775807l - 1)", nil
		}
		return strconv.FormatInt(r.Int(), 10) + "l", nil
	case r.CanUint():
		return strconv.FormatUint(r.Uint(), 10) + "ul", nil
	case r.CanFloat():
		return fmt.Sprintf("metal::bits_as_const_(0x%08xu)", math.Float32bits(float32(r.Float()))), nil
	}
	return "", fmt.Errorf("a %T is no scalar", v)
}
