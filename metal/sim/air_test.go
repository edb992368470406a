package sim

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/metallib/metallibtest"
)

// compiledOf compiles a .metallib made of LLVM text.
func compiledOf(t *testing.T, dev metal.Device, texts ...string) metal.Library {
	t.Helper()
	modules, err := metallibtest.Assemble(texts...)
	if errors.Is(err, metallibtest.ErrNoCompiler) {
		t.Skip("the test assembles LLVM text:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "k.metallib")
	if err := os.WriteFile(path, metallibtest.Library(modules...), 0o600); err != nil {
		t.Fatal(err)
	}
	lib, err := dev.Compile(t.Context(), metal.Source{Library: path})
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// A kernel of a compiled library runs with a threadgroup variable, a barrier and a
// simdgroup operation, and its accesses are checked.
func TestCompiledLibrary(t *testing.T) {
	dev := open(t, Options{})
	lib := compiledOf(t, dev, "../internal/air/testdata/shared.ll", "../metallib/testdata/picture.ll")
	k, err := lib.Kernel("shared", map[int]any{3: float32(1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		floats  int // in x
		threads int
		want    string // error
	}{
		{"right", 64, 64, ""},
		{"argument", 48, 64, "read of 4 bytes by thread 48,0,0 at byte 192 of argument x [[buffer(0)]], which has 192 bytes"},
		{"variable", 96, 96, "by thread 64,0,0 at byte 256 of threadgroup variable tile, which has 256 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, err := dev.NewBuffer(4 * c.floats)
			if err != nil {
				t.Fatal(err)
			}
			data := make([]byte, 4*c.floats)
			for i := range c.floats {
				binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(float32(i)+0.5))
			}
			if err := x.Write(0, data); err != nil {
				t.Fatal(err)
			}
			_, err = dev.Submit(t.Context(), []metal.Dispatch{{Kernel: k, Args: []metal.Arg{{Buffer: x}, {Bytes: []byte{64, 0, 0, 0}}},
				ThreadgroupMemory: []int{16}, Grid: metal.Size{X: c.threads}, Threadgroup: metal.Size{X: c.threads}}})
			if c.want != "" {
				if !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error is %v, want %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := x.Read(0, data); err != nil {
				t.Fatal(err)
			}
			for i := range c.floats {
				if got := math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])); got != 48 { // 32 times x[1]
					t.Fatalf("x[%d] = %g, want 48", i, got)
				}
			}
		})
	}
	for name, want := range map[string]string{"shared": "function constant scale (index 3) has no value", "picture": "texture", "sharde": "near names: shared"} {
		if _, err := lib.Kernel(name, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", name, err, want)
		}
	}
}
