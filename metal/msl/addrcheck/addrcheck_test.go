package addrcheck

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

func find(t *testing.T) string {
	t.Helper()
	clang, err := Find()
	if err != nil {
		t.Skip(err)
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
	files, err := fs.Glob(kernels.Files, "*.metal")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		op := strings.TrimSuffix(file, ".metal")
		// Where a source has no quantized weights, bits and group mean nothing.
		for _, format := range []string{"f16_b4_g64", "bf16_b3_g32"} {
			t.Run(op+"_"+format, func(t *testing.T) {
				src, err := kernels.SourceOf(op + "_" + format)
				if err != nil {
					t.Fatal(err)
				}
				if err := Check(t.Context(), clang, src); err != nil {
					t.Error(err)
				}
			})
			checked++
		}
	}
	if checked == 0 {
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
