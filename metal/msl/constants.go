package msl

import (
	"fmt"
	"iter"
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

// Check reports why a kernel cannot be used with those function constants: it, or
// what it reaches, is outside the subset, or uses a function constant that has no
// value, as Metal reports when a kernel is looked up. A constant that the unit asks
// is_function_constant_defined for may be left out.
func (u *Unit) Check(k *Kernel, constants map[int]any) error {
	r := u.reach([]*Kernel{k})
	if r.refusal != nil {
		return r.refusal
	}
	for c, t := range u.valueless(k, r, constants) {
		return u.errorAt(t, "", "function constant %s (index %d) has no value: pass it when the kernel is looked up", c.Name, c.Index)
	}
	return nil
}

// Missing lists the function constants whose values Check misses, all at once; none
// if it refuses the kernel for another cause.
func (u *Unit) Missing(k *Kernel, constants map[int]any) (out []FunctionConstant) {
	r := u.reach([]*Kernel{k})
	if r.refusal != nil {
		return nil
	}
	for c := range u.valueless(k, r, constants) {
		out = append(out, c)
	}
	return out
}

// valueless goes through the function constants without a value that a kernel uses,
// each with a use.
func (u *Unit) valueless(k *Kernel, r *reached, constants map[int]any) iter.Seq2[FunctionConstant, token] {
	return func(yield func(FunctionConstant, token) bool) {
		for _, c := range u.Constants {
			if _, ok := constants[c.Index]; ok || !r.sure[c.Name] || u.asks[c.Name] {
				continue
			}
			if t, used := u.use(k, r, c); used && !yield(c, t) {
				return
			}
		}
	}
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

// use finds a use of a constant: in the kernel, or else in what it reaches.
func (u *Unit) use(k *Kernel, r *reached, c FunctionConstant) (token, bool) {
	in := []*declaration{u.declarationAt(k.fn.begin)}
	for _, d := range append(in, u.decls...) {
		if !r.kept[d] || d.begin == c.begin || !d.uses[c.Name] {
			continue
		}
		for i := d.begin; i <= d.end; i++ {
			if t := u.toks[i]; t.kind == tokIdent && t.text == c.Name && !u.memberName(i) {
				return t, true
			}
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
