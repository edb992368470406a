package air

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// constantName ends the name of a global that a function constant initializes.
var constantName = regexp.MustCompile(`\.MTL_FC_INIT_(\d+)_`)

// constant is the type, value and rest of a global that a function constant initializes.
func (m *module) constant(global, rest string) (string, error) {
	n := constantName.FindStringSubmatch(global)
	kind := firstType(rest)
	behind, ok := strings.CutPrefix(rest, kind+" undef")
	if n == nil || !ok {
		return "", fmt.Errorf("global %s is initialized by what is not known", global)
	}
	index, err := strconv.Atoi(n[1])
	if err != nil {
		return "", fmt.Errorf("global %s: %w", global, err)
	}
	v, ok := m.constants[index]
	if !ok {
		return "", fmt.Errorf("function constant %s (index %d) has no value: pass it when the kernel is looked up", constantSource(global), index)
	}
	value, err := literal(v, kind)
	if err != nil {
		return "", fmt.Errorf("function constant %s (index %d): %w", constantSource(global), index, err)
	}
	return kind + " " + value + section.ReplaceAllString(behind, ""), nil
}

var mangledGlobal = regexp.MustCompile(`^_ZL?(\d+)(.*)$`)

// constantSource is a function constant's name in the source: _Z8has_mask.MTL_FC_INIT_20_b.
func constantSource(global string) string {
	mangled, _, _ := strings.Cut(strings.Trim(global, `@"`), ".MTL_FC_INIT_")
	if m := mangledGlobal.FindStringSubmatch(mangled); m != nil && strconv.Itoa(len(m[2])) == m[1] {
		return m[2]
	}
	return mangled
}

// literal is a value in LLVM text.
func literal(v any, kind string) (string, error) {
	r := reflect.ValueOf(v)
	whole := strings.HasPrefix(kind, "i")
	switch {
	case !r.IsValid():
		return "", fmt.Errorf("the value is nil")
	case r.Kind() == reflect.Bool && whole:
		if r.Bool() {
			return "1", nil
		}
		return "0", nil
	case r.CanInt() && whole:
		return strconv.FormatInt(r.Int(), 10), nil
	case r.CanUint() && whole:
		return strconv.FormatUint(r.Uint(), 10), nil
	case kind == "float" && r.CanFloat():
		return fmt.Sprintf("0x%016X", math.Float64bits(float64(float32(r.Float())))), nil
	}
	return "", fmt.Errorf("a %T is no %s", v, kind)
}
