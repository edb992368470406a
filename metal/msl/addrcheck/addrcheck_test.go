package addrcheck

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/msl/msltest"
)

func find(t *testing.T) string {
	t.Helper()
	clang, err := Find()
	if err != nil {
		t.Skip("the test compiles kernels to LLVM IR:", err)
	}
	return clang
}

func source(t *testing.T, file string) metal.Source {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return metal.Source{Name: file, Text: string(text)}
}

// TestKernels checks every kernel of the repository.
func TestKernels(t *testing.T) {
	clang := find(t)
	checked := map[string]bool{}
	for _, op := range kernels.All() {
		for _, f := range op.Formats() {
			suffix := op.Suffix(f)
			name := op.File + "_" + suffix
			if checked[name] || !slices.Contains([]string{"f16", "bf16", "f16_b4_g64", "bf16_b3_g32", "f16_mxfp8", "bf16_nvfp4"}, suffix) {
				continue
			}
			checked[name] = true
			t.Run(name, func(t *testing.T) {
				src, err := kernels.SourceOf(op.Kernels(f)[0].Name())
				if err != nil {
					t.Fatal(err)
				}
				if err := Check(t.Context(), clang, src); err != nil {
					t.Error(err)
				}
			})
		}
	}
	if len(checked) == 0 {
		t.Error("no kernels were checked")
	}
}

func TestRight(t *testing.T) {
	if err := Check(t.Context(), find(t), source(t, "right.metal")); err != nil {
		t.Error(err)
	}
}

// TestWrong: each mixture of address spaces is refused on its line.
func TestWrong(t *testing.T) {
	err := Check(t.Context(), find(t), source(t, "wrong.metal"))
	if !errors.Is(err, metal.ErrCompile) {
		t.Fatalf("error is %v, want a compile error", err)
	}
	for _, want := range []string{"wrong.metal:8:", "wrong.metal:13:", "wrong.metal:18:", "wrong.metal:23:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no error at %s in:\n%v", want, err)
		}
	}
}

// certainly reads and checks one source.
func certainly(t *testing.T, clang string, src metal.Source) error {
	t.Helper()
	unit, err := msl.Parse(src.Name, src.Text, src.Defines)
	if err != nil {
		t.Fatal(err)
	}
	return Certain(t.Context(), clang, unit, msl.Options{})
}

// errorIn reports whether an error, and not a note, stands in a line of certain.metal.
func errorIn(err error, line int) bool {
	for said := range strings.Lines(err.Error()) {
		if strings.HasPrefix(said, fmt.Sprintf("certain.metal:%d:", line)) && strings.Contains(said, ": error: ") {
			return true
		}
	}
	return false
}

// TestCertain: a line that says refused is reported, in Metal's words, and no other.
func TestCertain(t *testing.T) {
	src := source(t, "certain.metal")
	err := certainly(t, find(t), src)
	if !errors.Is(err, metal.ErrCompile) {
		t.Fatalf("error is %v, want a compile error", err)
	}
	for i, line := range strings.Split(src.Text, "\n") {
		if got, want := errorIn(err, i+1), strings.Contains(line, "// refused"); got != want {
			t.Errorf("line %d is reported: %t, want %t: %s", i+1, got, want, line)
		}
	}
	for _, want := range []string{
		"certain.metal:18:12: error: cannot initialize a variable of type 'const float *' with an rvalue of type 'device float const *'\n",
		"certain.metal:10:7: note: candidate function not viable: cannot pass pointer to the device address space as a pointer to the thread address space in 1st argument\n",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

// TestCertainPasses: sources that use all of Metal's subset have no mixture,
// whatever else clang has to say about them.
func TestCertainPasses(t *testing.T) {
	clang := find(t)
	checked := map[string]bool{}
	for _, c := range msltest.Cases() {
		if checked[c.File] {
			continue
		}
		checked[c.File] = true
		text, err := msltest.Files.ReadFile("testdata/" + c.File + ".metal")
		if err != nil {
			t.Fatal(err)
		}
		if err := certainly(t, clang, metal.Source{Name: c.File + ".metal", Text: string(text), Defines: c.Defines}); err != nil {
			t.Error(err)
		}
	}
	if len(checked) < 20 {
		t.Errorf("%d sources were checked", len(checked))
	}
}
