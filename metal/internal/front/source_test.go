package front

import (
	"errors"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

const compiledKernels = "../../metallib/testdata/kernels.metallib"

// TestLibraries: apple and sim get a compiled library as it is, others refuse it
// and say who takes it.
func TestLibraries(t *testing.T) {
	for _, kind := range []metal.Kind{metal.Apple, metal.CUDA, metal.CPU, metal.Sim} {
		d, _, _ := open(t, kind)
		lib, err := d.Compile(t.Context(), metal.Source{Library: compiledKernels})
		switch kind {
		case metal.Apple, metal.Sim:
			if err != nil {
				t.Errorf("%s: %v", kind, err)
			} else if l := lib.(*library); len(l.source) != 16 || l.source == digest(metal.Source{}) {
				t.Errorf("%s: digest is %q", kind, l.source)
			}
		default:
			want := "kernels.metallib: the device cannot do that: the " + string(kind) + " device takes Metal source; compiled libraries (.metallib) run on the apple and sim devices"
			if !errors.Is(err, metal.ErrUnsupported) || err.Error() != want {
				t.Errorf("%s: error is %v, want %s", kind, err, want)
			}
		}
	}
}

// TestLibraryAlone: what is no library, or has more than that, is refused.
func TestLibraryAlone(t *testing.T) {
	d, _, _ := open(t, metal.Sim)
	for want, src := range map[string]metal.Source{
		"k.metallib: a compiled library has no text":       {Name: "k.metallib", Library: compiledKernels, Text: "kernel void k() {}"},
		"kernels.metallib: a compiled library has no text": {Library: compiledKernels, Defines: map[string]string{"A": "1"}},
		"source_test.go: it is not a Metal library":        {Library: "source_test.go"},
		"testdata: it is not a regular file":               {Library: "../../metallib/testdata"},
	} {
		if _, err := d.Compile(t.Context(), src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
