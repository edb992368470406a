package msl

import (
	"fmt"
	"strings"
)

// HostRuntimeHeader declares what rendered host code and the runtime that
// carries it know of each other.
func HostRuntimeHeader() string { return prelude("host_runtime") }

// HostFlags are the C++ compiler options the rendering needs.
func HostFlags() []string {
	return []string{"-std=c++17", "-ffp-contract=off", "-fno-strict-aliasing", "-fwrapv", "-fsigned-char", "-fno-exceptions", "-fno-rtti"}
}

// hostLibrary are the preludes that make up namespace metal.
var hostLibrary = []string{"early", "convert", "traits", "saturate", "shift", "vector", "math", "reduce", "arms", "log", "host_simd", "apple", "matrix", "host_matrix"}

// HostLibrary is C++ that declares namespace metal and where a thread is, in
// namespace assay_msl, for code that no source was rendered to.
func HostLibrary() string { return hostLibraryOf(&Unit{}) + "}\n" }

// hostLibraryOf is the library with the swizzles that a unit uses. It ends inside
// namespace assay_msl.
func hostLibraryOf(u *Unit) string {
	return u.swizzleMacros() + prelude("host_runtime", "host_begin") + "namespace assay_msl {\nnamespace metal {\n" +
		u.library(hostLibrary...) + "}\nusing namespace metal;\n" + prelude("async_copy", "host_shared", "host_entry")
}

// Host renders the unit as C++ for the sim device. Each kernel becomes a
// function of one thread, listed under its Symbol in
//
//	extern "C" const assay_entry assay_entries[]
//
// which a null symbol ends.
func (u *Unit) Host(o Options) (string, error) {
	kernels, r, err := u.choose(o)
	if err != nil {
		return "", err
	}
	body, err := u.render(targetHost, o, r)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(hostLibraryOf(u))
	b.WriteString(u.definedMacros(o))
	b.WriteString(body)
	for _, k := range kernels {
		u.hostEntry(&b, k)
	}
	b.WriteString("\n}\n\nextern \"C\" {\n__attribute__((visibility(\"default\"))) extern const assay_entry assay_entries[];\nconst assay_entry assay_entries[] = {\n")
	for _, k := range kernels {
		symbol := k.Symbol + "_entry_::" + k.Symbol
		fmt.Fprintf(&b, "  {\"%s\", assay_msl::%s},\n", k.Symbol, qualify(k.fn.namespace, symbol))
	}
	b.WriteString("  {0, 0}};\n}\n")
	return b.String(), nil
}

func (u *Unit) hostEntry(out *strings.Builder, k *Kernel) {
	b := &strings.Builder{}
	defer func() { writeEntry(out, k, k.File, b.String()) }()
	closing := u.openEntry(b, k)
	var args []string
	for _, a := range k.Args {
		if a.Space == Builtin {
			args = append(args, fmt.Sprintf("assay_at.%s<%s>()", a.Attr, bareType(a.Type)))
			continue
		}
		table, deref := "args", ""
		if a.Space == Threadgroup {
			table = "shared"
		}
		if a.Reference {
			deref = "*"
		}
		args = append(args, fmt.Sprintf("%sstatic_cast<%s*>(assay_t->launch->%s[%d])", deref, a.Type, table, a.Index))
	}
	fmt.Fprintf(b, "static void %s(const ::assay_thread* assay_t) {\n  const ::assay_msl::assay_target::position assay_at = {assay_t};\n  (void)assay_at;\n", k.Symbol)
	fmt.Fprintf(b, "  %s(%s);\n}\n%s\n", k.call(), strings.Join(args, ", "), closing)
}
