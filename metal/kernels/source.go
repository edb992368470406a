package kernels

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"strconv"
	"strings"
	"sync"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/internal/near"
	"github.com/assay-bench/assay/metal/quant"
)

// Files holds every kernel source and, in shared, what comes before them.
//
//go:embed *.metal shared/*.metal
var Files embed.FS

// sharedFiles come before a kernel source for a format of weights, in this order,
// after the base and the parameter structures: those of its codes and of its planes
// among those of all.
func sharedFiles(f quant.Format) []string {
	codes, planes := "integers", "affine"
	if code, _ := f.Minifloats(); code != nil {
		codes, planes = "minifloats", "scaled"
	}
	return []string{"codes", codes, "activations", "sums", planes, "rows", "batch"}
}

// structs are Metal's parameter structures of all ops.
var structs = sync.OnceValue(func() string {
	var text strings.Builder
	seen := map[string]bool{}
	for _, o := range all {
		if !seen[o.Struct] {
			seen[o.Struct] = true
			text.WriteString(o.structText() + "\n")
		}
	}
	return text.String()
})

// structText is Metal's structure of the op's parameters.
func (o *Op) structText() string {
	var fields strings.Builder
	for _, f := range o.Fields {
		typ := "uint"
		if f.Float {
			typ = "float"
		}
		fmt.Fprintf(&fields, " %s %s;", typ, f.Name)
	}
	return fmt.Sprintf("struct %s {%s };", o.Struct, &fields)
}

// formatMacros are what the sources of a format are compiled with.
func formatMacros(f quant.Format) map[string]string {
	macros := map[string]string{"ASSAY_BITS": strconv.Itoa(f.Bits), "ASSAY_GROUP": strconv.Itoa(f.Group)}
	code, scale := f.Minifloats()
	for name, m := range map[string]*quant.Minifloat{"ASSAY_CODE": code, "ASSAY_SCALE": scale} {
		if m != nil {
			macros[name] = fmt.Sprintf("Minifloat<%d, %d, %v>", m.Exponent, m.Mantissa, m.Signed)
		}
	}
	return macros
}

// source is the text to compile for k: the file that has its op, after the
// shared ones. The cpu device needs none.
func (k Kernel) source(kind metal.Kind) (metal.Source, error) {
	src := metal.Source{Name: k.Op.File + ".metal", Defines: map[string]string{
		"ASSAY_T":      map[dtype.DType]string{dtype.F32: "float", dtype.F16: "half", dtype.BF16: "bfloat"}[k.Format.DType],
		"ASSAY_SUFFIX": k.Op.Suffix(k.Format),
	}}
	var shared []string
	if k.Op.Weights() {
		shared = sharedFiles(k.Format)
		maps.Copy(src.Defines, formatMacros(k.Format))
		maps.Copy(src.Defines, tuning(kind, k.Op.File))
	}
	if kind.Native() {
		return src, nil
	}
	var all strings.Builder
	// #line keeps the compiler's messages on the file's own lines.
	add := func(file, text string) { fmt.Fprintf(&all, "#line 1 %q\n%s\n", file, text) }
	read := func(file string) error {
		text, err := fs.ReadFile(Files, file)
		add(file, string(text))
		return err
	}
	if err := read("shared/base.metal"); err != nil {
		return src, err
	}
	add("parameters", structs())
	for _, name := range shared {
		if err := read("shared/" + name + ".metal"); err != nil {
			return src, err
		}
	}
	if err := read(src.Name); err != nil {
		return src, fmt.Errorf("kernel %s: %w: no source %s", k.Name(), metal.ErrNoKernel, src.Name)
	}
	src.Text = all.String()
	return src, nil
}

// SourceOf is the source that holds the kernel of that host name, specialised
// for it, as a device compiles it.
func SourceOf(name string) (metal.Source, error) {
	k, ok := Find(name)
	if !ok {
		return metal.Source{}, near.NoKernel("package kernels", name, Names())
	}
	return k.source(metal.Sim)
}
