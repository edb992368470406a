package air

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

//go:embed library.h
var libraryBegin string

// Library is C++ that defines what lowered text calls: the air.* functions, and what
// an entry asks for.
func Library() string {
	var b strings.Builder
	b.WriteString(msl.HostLibrary())
	b.WriteString(libraryBegin)
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		functions[name].define(&b)
	}
	for _, p := range msl.Positions() {
		fmt.Fprintf(&b, "void %s(const assay_thread* t, unsigned* out) { put(out, position{t}.%s<uint3>()); }\n", positionSymbol(p), p)
	}
	b.WriteString("}\n")
	return b.String()
}

// define writes a function's definition.
func (f *function) define(b *strings.Builder) {
	var params []string
	var values strings.Builder
	for i, p := range f.params {
		if e, ok := p.matrix(); ok { // its two elements
			params = append(params, fmt.Sprintf("%[1]s p%[2]da, %[1]s p%[2]db", carried[e.carrier()], i))
			fmt.Fprintf(&values, " %s a%d = matrix_of(from<%s>(p%da), from<%[3]s>(p%[2]db));", "simdgroup_"+p.metal, i, e.metal, i)
			continue
		}
		params = append(params, fmt.Sprintf("%s p%d", carried[p.carrier()], i))
		fmt.Fprintf(&values, " %s a%d = from<%[1]s>(p%[2]d);", p.metal, i)
	}
	if f.lanes {
		params = append(params, "int line")
	}
	result := f.body
	switch _, matrix := f.result.matrix(); {
	case matrix:
		result = "return both(" + f.body + ")"
	case f.result != void:
		result = fmt.Sprintf("return to(%s(%s))", f.result.metal, f.body)
	}
	fmt.Fprintf(b, "%s %s(%s) {%s %s; }\n", carried[f.result.carrier()], f.symbol(), strings.Join(params, ", "), values.String(), result)
}

// carried are the carriers in C++.
var carried = map[string]string{"void": "void", "i32": "unsigned", "i64": "long", "float": "float", "ptr": "void*"}

func positionSymbol(attribute string) string { return "assay_air_at_" + attribute }
