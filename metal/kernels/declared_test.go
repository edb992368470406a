package kernels

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/quant"
)

// Each declaration is what the Metal source says of every kernel of the op.
func TestDeclarationsAreTheSources(t *testing.T) {
	declared := map[string]map[string]bool{} // kernels by source
	for _, o := range All() {
		for _, f := range o.Formats() {
			if f.DType == dtype.F32 || o.Weights() && f.Mode == quant.Affine && (f.Bits != 4 || f.Group != 64) {
				continue
			}
			for _, k := range o.Kernels(f) {
				src, err := SourceOf(k.Name())
				if err != nil {
					t.Fatal(err)
				}
				unit, err := msl.Parse(src.Name, src.Text, src.Defines)
				if err != nil {
					t.Fatal(err)
				}
				found, ok := unit.Kernel(k.Name())
				if !ok {
					t.Errorf("%s has %v, not %s", src.Name, unit.Names(), k.Name())
					continue
				}
				sameArguments(t, k, found)
				file := src.Name + " " + o.Suffix(f)
				if declared[file] == nil {
					declared[file] = map[string]bool{}
					for _, name := range unit.Names() {
						declared[file][name] = false
					}
				}
				declared[file][k.Name()] = true
			}
		}
	}
	files, err := fs.Glob(Files, "*.metal")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if !slices.ContainsFunc(All(), func(o *Op) bool { return o.File+".metal" == file }) {
			t.Errorf("no op is declared for %s", file)
		}
	}
	for file, names := range declared {
		for name, ok := range names {
			if !ok {
				t.Errorf("%s: no op declares kernel %s", file, name)
			}
		}
	}
}

func sameArguments(t *testing.T, k Kernel, found *msl.Kernel) {
	t.Helper()
	var want []msl.Arg
	for i := range k.Op.Arguments {
		a := &k.Op.Arguments[i]
		for _, p := range a.planes(k.Format) {
			want = append(want, msl.Arg{
				Name: a.Binding(p), Index: len(want), Space: msl.Device, Type: typeOf(a, p, k.Format), Constant: !a.Out,
			})
		}
	}
	want = append(want, msl.Arg{Name: "p", Index: len(want), Space: msl.Constant, Type: k.Op.Struct, Reference: true, Constant: true})
	i := 0
	for _, a := range found.Args {
		if a.Attr != "buffer" {
			continue
		}
		if i == len(want) {
			t.Errorf("%s: argument %s is not declared", k.Name(), a.Name)
			return
		}
		w := want[i]
		i++
		typ := strings.TrimSpace(strings.TrimPrefix(a.Type, "const "))
		if a.Name != w.Name || a.Index != w.Index || a.Space != w.Space || typ != w.Type || a.Constant != w.Constant || a.Reference != w.Reference {
			t.Errorf("%s: the source has %+v, declared is %+v", k.Name(), a, w)
		}
	}
	if i < len(want) {
		t.Errorf("%s: the source has no %s", k.Name(), want[i].Name)
	}
}

func typeOf(a *Argument, p quant.Plane, f quant.Format) string {
	switch {
	case a.Type == Quantized && p == quant.Scales && f.Mode != quant.Affine:
		return "uchar"
	case a.Type == Indices, a.Type == Quantized && p == quant.Codes:
		return "uint"
	case a.Type == Floats:
		return "float"
	}
	return "T"
}
