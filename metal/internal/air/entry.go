package air

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// writeEntry writes the function that sim's runtime calls for each thread, and the
// table that it finds it in.
func (m *module) writeEntry() error {
	args := m.kernel.Args
	if len(args) != len(m.entry) {
		return fmt.Errorf("kernel %s has %d arguments by its metadata and %d by its code", m.kernel.Name, len(args), len(m.entry))
	}
	var b body
	var list []string
	for i, a := range args {
		t := m.entry[i]
		if pointer := a.Space != msl.Builtin; pointer != (t == "ptr") {
			return fmt.Errorf("argument %s is a %s in the code", a.Name, t)
		}
		var v string
		switch a.Space {
		case msl.Builtin:
			v = m.position(&b, a, t)
			if v == "" {
				return fmt.Errorf("argument %s [[%s]] of type %s is not implemented by sim", a.Name, a.Attr, t)
			}
		case msl.Threadgroup:
			m.external("assay_air_group", "declare ptr @assay_air_group(ptr, i32)")
			v = b.set("call ptr @assay_air_group(ptr %%t, i32 %d)", a.Index)
		default:
			m.external("assay_air_buffer", "declare ptr @assay_air_buffer(ptr, i32)")
			v = b.set("call ptr @assay_air_buffer(ptr %%t, i32 %d)", a.Index)
		}
		list = append(list, t+" "+v)
	}
	m.line(fmt.Sprintf("define internal void @air.run(ptr %%t) {\n  %%at = alloca [3 x i32]\n%s  call void %s(%s)\n  ret void\n}", b.text.String(), m.symbol, strings.Join(list, ", ")))
	m.line(text("@air.symbol", Symbol))
	m.line("@assay_entries = constant [2 x { ptr, ptr }] [{ ptr, ptr } { ptr @air.symbol, ptr @air.run }, { ptr, ptr } zeroinitializer]")
	return nil
}

// position is the value of a built-in argument, empty for one that is not known.
func (m *module) position(b *body, a msl.Arg, t string) string {
	n, element := vectorOf(t)
	if !slices.Contains(msl.Positions(), a.Attr) || n > 3 || element != "i32" && element != "i16" {
		return ""
	}
	symbol := positionSymbol(a.Attr)
	m.external(symbol, fmt.Sprintf("declare void @%s(ptr, ptr)", symbol))
	fmt.Fprintf(&b.text, "  call void @%s(ptr %%t, ptr %%at)\n", symbol)
	value := "undef"
	for i := range max(n, 1) {
		v := b.set("load i32, ptr %s", b.set("getelementptr i32, ptr %%at, i32 %d", i))
		if element == "i16" {
			v = b.set("trunc i32 %s to i16", v)
		}
		if n == 0 {
			return v
		}
		value = b.set("insertelement %s %s, %s %s, i32 %d", t, value, element, v, i)
	}
	return value
}

// support is what the module's functions stand on.
func (m *module) support() string {
	var b strings.Builder
	if len(m.shared) > 0 {
		b.WriteString("declare ptr @assay_shared(i32, ptr, i32, i32)\n")
	}
	for _, v := range slices.SortedFunc(maps.Values(m.shared), func(a, b *shared) int { return a.site - b.site }) {
		fmt.Fprintln(&b, text(fmt.Sprintf("@air.name%d", v.site), v.name))
	}
	if m.bfloats { // LLVM rounds to bfloat by this call
		b.WriteString("declare i32 @assay_air_to_bfloat(float)\n" +
			"define hidden bfloat @__truncsfbf2(float %x) {\n  %r = call i32 @assay_air_to_bfloat(float %x)\n  %t = trunc i32 %r to i16\n  %b = bitcast i16 %t to bfloat\n  ret bfloat %b\n}\n")
	}
	return b.String()
}

// text is a constant string.
func text(name, s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "\\%02X", c)
	}
	return fmt.Sprintf("%s = internal constant [%d x i8] c\"%s\\00\"", name, len(s)+1, b.String())
}
