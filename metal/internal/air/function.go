package air

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// function is an air.* function that Library defines in C++.
type function struct {
	name   string // without "air."
	result scalar
	params []scalar
	lanes  bool   // threads act together: it gets the line of its call, as line
	body   string // an expression of a0, a1, ... as the prelude has them
}

// symbol is its name in C++.
func (f *function) symbol() string { return "assay_air_" + strings.ReplaceAll(f.name, ".", "_") }

// functions are all of them, by name.
var functions = func() map[string]*function {
	all := map[string]*function{}
	for _, list := range [][]function{mathematics(), lanes(), matrices(), atomics(), others()} {
		for _, f := range list {
			all[f.name] = &f
		}
	}
	return all
}()

var vectorSuffix = regexp.MustCompile(`\.v\d+([a-z]+\d+)`)

// find looks up what a name calls. With each, the name is of vectors and the
// function of their elements.
func find(name string) (f *function, each bool) {
	if f := functions[name]; f != nil {
		return f, false
	}
	f = functions[vectorSuffix.ReplaceAllString(name, ".$1")]
	return f, f != nil
}

// mathematics are the functions of one lane. Those of half compute in float and
// round once, as the prelude's do.
func mathematics() (out []function) {
	for _, group := range []struct {
		names  string
		params int
		args   string
	}{
		{"acos acosh asin asinh atan atanh ceil cos cosh cospi exp exp10 exp2 fabs floor fract log log10 log2 rint round rsqrt saturate sign sin sinh sinpi sqrt tan tanh tanpi trunc",
			1, "float(a0)"},
		{"atan2 copysign fdim fmax fmin fmod nextafter pow powr step", 2, "float(a0), float(a1)"},
		{"clamp fma fmax3 fmedian3 fmin3 mix smoothstep", 3, "float(a0), float(a1), float(a2)"},
	} {
		for name := range strings.FieldsSeq(group.names) {
			for _, t := range floats {
				out = append(out, of(t, name, fmt.Sprintf("precise::%s(%s)", name, group.args), slices.Repeat([]scalar{t}, group.params)...))
			}
			out = append(out, of(float, "fast_"+name, fmt.Sprintf("fast::%s(%s)", name, group.args), slices.Repeat([]scalar{float}, group.params)...))
		}
	}
	for _, t := range integers {
		out = append(out, of(t, "abs", "abs(a0)", t), of(t, "min", "min(a0, a1)", t, t), of(t, "max", "max(a0, a1)", t, t), of(t, "clamp", "clamp(a0, a1, a2)", t, t, t))
	}
	for _, t := range floats {
		out = append(out, of(t, "ldexp", "ldexp(a0, a1)", t, word))
		for n := 2; n <= 4; n++ {
			var x, y []string
			for i := range n {
				x, y = append(x, fmt.Sprintf("a%d", i)), append(y, fmt.Sprintf("a%d", n+i))
			}
			body := fmt.Sprintf("dot(%s%d(%s), %s%d(%s))", t.metal, n, strings.Join(x, ", "), t.metal, n, strings.Join(y, ", "))
			out = append(out, function{name: fmt.Sprintf("dot.v%d%s", n, t.suffix), result: t, params: slices.Repeat([]scalar{t}, 2*n), body: body})
		}
	}
	return out
}

// of is a function of one lane that is named for its type.
func of(t scalar, name, body string, params ...scalar) function {
	return function{name: name + "." + t.suffix, result: t, params: params, body: body}
}

// lanes are the operations of a simdgroup and the barriers.
func lanes() (out []function) {
	add := func(t scalar, name, args string, params ...scalar) {
		f := of(t, name, name+"("+args+"line)", params...)
		f.lanes = true
		out = append(out, f)
	}
	for _, t := range numbers {
		for _, group := range []string{"simd", "quad"} {
			for _, op := range []string{"sum", "product", "min", "max"} {
				add(t, group+"_"+op, "a0, ", t)
			}
			for _, op := range []string{"broadcast", "shuffle", "shuffle_xor"} {
				add(t, group+"_"+op, "a0, a1, ", t, short)
			}
		}
		for _, op := range []string{"inclusive_sum", "exclusive_sum", "inclusive_product", "exclusive_product"} {
			add(t, "simd_prefix_"+op, "a0, ", t)
		}
		for _, op := range []string{"shuffle_up", "shuffle_down", "shuffle_rotate_up", "shuffle_rotate_down"} {
			add(t, "simd_"+op, "a0, a1, ", t, short)
		}
		add(t, "simd_broadcast_first", "a0, ", t)
		for _, op := range []string{"up", "down"} {
			add(t, "simd_shuffle_and_fill_"+op, "a0, a1, a2, a3, ", t, t, short, short)
		}
	}
	for _, t := range integers {
		for _, op := range []string{"and", "or", "xor"} {
			add(t, "simd_"+op, "a0, ", t)
			add(t, "quad_"+op, "a0, ", t)
		}
	}
	for _, op := range []string{"simd_all", "simd_any"} {
		out = append(out, function{name: op, result: truth, params: []scalar{truth}, lanes: true, body: op + "(a0, line)"})
	}
	return append(out,
		function{name: "wg.barrier", result: void, params: []scalar{word, word}, lanes: true, body: "threadgroup_barrier(mem_flags(a0), line, file)"},
		function{name: "simdgroup.barrier", result: void, params: []scalar{word, word}, lanes: true, body: "simdgroup_barrier(mem_flags(a0), line)"})
}

// matrices are the operations of simdgroup matrices.
func matrices() (out []function) {
	kinds := []scalar{half, bfloat, float}
	for _, t := range kinds {
		m := matrixOf(t)
		name := "simdgroup_matrix_8x8_%s." + m.suffix
		out = append(out, function{name: fmt.Sprintf(name, "init_filled") + "." + t.suffix, result: m, params: []scalar{t}, body: fmt.Sprintf("make_filled_simdgroup_matrix<%s, 8>(a0)", t.metal)})
		for _, space := range []string{"1", "3"} { // device and threadgroup
			at := fmt.Sprintf(".p%s%s", space, t.suffix)
			place := fmt.Sprintf("static_cast<%s*>(a%%d), a%%d, ulong2(a%%d, a%%d), a%%d, line)", t.metal)
			out = append(out,
				function{name: fmt.Sprintf(name, "load") + at, result: m, params: []scalar{ptr, long, long, long, truth}, lanes: true,
					body: fmt.Sprintf("loaded<%s>("+place, t.metal, 0, 1, 2, 3, 4)},
				function{name: fmt.Sprintf(name, "store") + at, result: void, params: []scalar{m, ptr, long, long, long, truth}, lanes: true,
					body: fmt.Sprintf("simdgroup_store(a0, "+place, 1, 2, 3, 4, 5)})
		}
		for _, a := range kinds {
			for _, b := range kinds {
				out = append(out, function{
					name:   fmt.Sprintf(name, "multiply_accumulate") + fmt.Sprintf(".v64%s.v64%s.%s", a.suffix, b.suffix, m.suffix),
					result: m, params: []scalar{matrixOf(a), matrixOf(b), m}, lanes: true, body: "multiplied(a0, a1, a2, line)"})
			}
		}
	}
	return out
}

// atomics are in device and threadgroup memory alike. What orders them is not told
// apart: all are ordered.
func atomics() (out []function) {
	for _, space := range []string{"global", "local"} {
		add := func(t scalar, op string) {
			out = append(out, of(t, "atomic."+space+"."+op, fmt.Sprintf("atomic_fetch_%s_explicit(static_cast<atomic<%s>*>(a0), a1, memory_order_relaxed)", op, t.metal), ptr, t, word, word, truth))
		}
		add(float, "add")
		for _, t := range []scalar{word, uword} {
			for _, op := range []string{"add", "sub", "min", "max", "and", "or", "xor"} {
				add(t, op)
			}
		}
	}
	return out
}

// others are what the compiler asks the device.
func others() []function {
	return []function{
		{name: "get_simdgroup_size.i16", result: short, body: "short(32)"},
		{name: "is_uniform.i1", result: truth, params: []scalar{truth}, body: "true"}, // what make_uniform promises
		{name: "is_uniform.i32", result: truth, params: []scalar{word}, body: "true"},
		{name: "normalize_function_constant_predicate.i8", result: uchar, params: []scalar{uchar}, body: "uchar(a0 != 0)"},
	}
}
