package air

import (
	"fmt"
	"strconv"
	"strings"
)

// signature is an air.* function as LLVM text declares it.
type signature struct {
	name   string // without "air."
	result string
	params []string
}

// body is the text of a function that defines an air.* function. Its parameters are
// %a0, %a1, ..., and %line where it needs one.
type body struct {
	text strings.Builder
	n    int
}

// set adds an instruction and returns its value.
func (b *body) set(format string, args ...any) string {
	b.n++
	fmt.Fprintf(&b.text, "  %%v%d = %s\n", b.n, fmt.Sprintf(format, args...))
	return "%v" + strconv.Itoa(b.n)
}

// vectorOf is the number of elements of a vector type and their type; 0 of others.
func vectorOf(t string) (n int, element string) {
	if v := vector.FindStringSubmatch(t); v != nil {
		n, _ = strconv.Atoi(v[1])
		return n, v[2]
	}
	return 0, t
}

// wrap defines a declared function by one of Library's: with each, element by element.
func (m *module) wrap(s signature, f *function, each bool) error {
	var b body
	times := 1
	if each {
		times, _ = vectorOf(s.result)
	}
	result := ""
	for i := range times {
		args, err := b.arguments(s, f, each, i)
		if err != nil {
			return err
		}
		r := b.call(f, args)
		if each {
			before := result
			if i == 0 {
				before = "undef"
			}
			_, element := vectorOf(s.result)
			r = b.set("insertelement %s %s, %s %s, i32 %d", s.result, before, element, r, i)
		}
		result = r
	}
	m.calls(f)
	m.write(s, f.lanes, b.text.String(), result)
	return nil
}

// write writes a definition.
func (m *module) write(s signature, lanes bool, text, result string) {
	var params []string
	for i, p := range s.params {
		params = append(params, fmt.Sprintf("%s %%a%d", p, i))
	}
	attributes := "alwaysinline nounwind"
	if lanes {
		params = append(params, "i32 %line")
		attributes += " convergent"
	}
	m.line(fmt.Sprintf("define internal %s @air.%s(%s) %s {\n%s  ret %s\n}", s.result, s.name, strings.Join(params, ", "), attributes, text, strings.TrimSpace(s.result+" "+result)))
}

// arguments are the scalars that a function takes, of a call's arguments: element i of
// vectors, all of those of a vector that the function takes whole, and of a matrix the
// lane's two.
func (b *body) arguments(s signature, f *function, each bool, i int) ([]string, error) {
	var args, types []string
	for p, t := range s.params {
		value := fmt.Sprintf("%%a%d", p)
		n, element := vectorOf(t)
		first, end := 0, n
		switch {
		case n == 0:
			args, types = append(args, value), append(types, t)
			continue
		case each:
			first, end = i, i+1
		case n == 64:
			end = 2
		}
		for j := first; j < end; j++ {
			args, types = append(args, b.set("extractelement %s %s, i32 %d", t, value, j)), append(types, element)
		}
	}
	want := f.flat()
	if len(types) != len(want) {
		return nil, fmt.Errorf("air.%s takes %d values and is declared with %d", s.name, len(want), len(types))
	}
	for j := range want {
		if want[j].ir != types[j] {
			return nil, fmt.Errorf("air.%s takes a %s and is declared with a %s", s.name, want[j].ir, types[j])
		}
		args[j] = b.carry(want[j], args[j])
	}
	return args, nil
}

// flat are the parameters with a matrix's two elements for it.
func (f *function) flat() (out []scalar) {
	for _, p := range f.params {
		if e, ok := p.matrix(); ok {
			out = append(out, e, e)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// call calls Library's function and returns its value.
func (b *body) call(f *function, args []string) string {
	list := make([]string, len(args))
	for i, p := range f.flat() {
		list[i] = p.carrier() + " " + args[i]
	}
	if f.lanes {
		list = append(list, "i32 %line")
	}
	text := fmt.Sprintf("call %s @%s(%s)", f.result.carrier(), f.symbol(), strings.Join(list, ", "))
	if f.result == void {
		fmt.Fprintf(&b.text, "  %s\n", text)
		return ""
	}
	return b.uncarry(f.result, b.set("%s", text))
}

func (b *body) carry(s scalar, v string) string {
	if s.carrier() == s.ir {
		return v
	}
	bits := s.ir
	if s == half || s == bfloat {
		bits, v = "i16", b.set("bitcast %s %s to i16", s.ir, v)
	}
	return b.set("zext %s %s to i32", bits, v)
}

func (b *body) uncarry(s scalar, v string) string {
	if e, ok := s.matrix(); ok {
		bits := "i64"
		if e != float {
			bits, v = "i32", b.set("trunc i64 %s to i32", v)
		}
		v = b.set("bitcast %s %s to <2 x %s>", bits, v, e.ir)
		return b.set("shufflevector <2 x %[1]s> %[2]s, <2 x %[1]s> poison, <64 x i32> <i32 0, i32 1%[3]s>", e.ir, v, strings.Repeat(", i32 undef", 62))
	}
	switch s.carrier() {
	case s.ir:
		return v
	}
	if s == half || s == bfloat {
		return b.set("bitcast i16 %s to %s", b.set("trunc i32 %s to i16", v), s.ir)
	}
	return b.set("trunc i32 %s to %s", v, s.ir)
}

// calls declares one of Library's functions.
func (m *module) calls(f *function) {
	types := []string{}
	for _, p := range f.flat() {
		types = append(types, p.carrier())
	}
	attributes := "nounwind"
	if f.lanes {
		types, attributes = append(types, "i32"), "convergent nounwind"
	}
	m.external(f.symbol(), fmt.Sprintf("declare %s @%s(%s) %s", f.result.carrier(), f.symbol(), strings.Join(types, ", "), attributes))
}

// external declares a function once.
func (m *module) external(symbol, declaration string) {
	if !m.declared["@"+symbol] {
		m.line(declaration)
	}
	m.declared["@"+symbol] = true
}
