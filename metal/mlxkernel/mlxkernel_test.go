package mlxkernel_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal/mlxkernel"
	"github.com/assay-bench/assay/metal/msl"
)

// The signature is MLX's: few elements are constant, one is a reference, and shapes
// and positions that the body does not use are not there.
func TestText(t *testing.T) {
	b := mlxkernel.Body{
		Name:     "add",
		Inputs:   []mlxkernel.Array{{Name: "x", DType: "float16", Shape: []int{2, 3, 4}}, {Name: "few", DType: "int32", Shape: []int{7}}, {Name: "one", DType: "bool"}},
		Outputs:  []mlxkernel.Array{{Name: "y", DType: "uint32"}},
		Template: map[string]string{"T": "bfloat16", "N": "-2", "B": "false"},
		Source:   "if (one) atomic_fetch_add_explicit(&y[thread_position_in_grid.x], uint(x_strides[0] + few[0] + x_ndim), memory_order_relaxed);",
		Atomic:   true,
	}
	text := b.Text("add.metal")
	for _, want := range []string{
		"template <bool B, int N, typename T>\n[[kernel]] void custom_kernel_add(\n" +
			"  const device half* x [[buffer(0)]],\n" +
			"  const constant long* x_strides [[buffer(1)]],\n" +
			"  const constant int& x_ndim [[buffer(2)]],\n" +
			"  const constant int* few [[buffer(3)]],\n" +
			"  const constant bool& one [[buffer(4)]],\n" +
			"  device atomic<uint>* y [[buffer(5)]],\n" +
			"  uint3 thread_position_in_grid [[thread_position_in_grid]]) {\n",
		`template [[host_name("custom_kernel_add")]] [[kernel]] decltype(custom_kernel_add<false, -2, bfloat>) custom_kernel_add<false, -2, bfloat>;`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the source is\n%s\nwithout\n%s", text, want)
		}
	}
	unit, err := msl.Parse("add.metal", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if names := unit.Names(); len(names) != 1 || names[0] != b.Function() {
		t.Errorf("kernels %v, want %s", names, b.Function())
	}
	extra := b.Extra()
	if len(extra) != 2 || extra[0].Name != "x_strides" || extra[1].Name != "x_ndim" {
		t.Fatalf("extra arguments %v", extra)
	}
	if want := []byte("\x0c\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"); !bytes.Equal(extra[0].Bytes, want) {
		t.Errorf("strides %x, want %x", extra[0].Bytes, want)
	}
}

func TestRead(t *testing.T) {
	const good = `{"name": "f", "inputs": [{"name": "x", "dtype": "float32", "shape": [3]}], "outputs": [{"name": "y", "dtype": "int8"}], "template": {"T": "true"}, "source": ""}`
	for _, c := range []struct{ name, old, new, want string }{
		{"good", "", "", ""},
		{"an unknown key", `"source"`, `"sources"`, `unknown field "sources"`},
		{"two objects", `""}`, `""} {}`, "more than one"},
		{"no name", `"f"`, `"f-1"`, `name: "f-1"`},
		{"no output", `{"name": "y", "dtype": "int8"}`, "", "outputs: there is none"},
		{"a name twice", `"y"`, `"x"`, `"x" is no name of its own`},
		{"no dtype", "float32", "double", `x: "double" is no dtype: use one of bfloat16, bool`},
		{"a negative length", "[3]", "[-3]", "x: a length of shape [-3]"},
		{"a length that is no int of Metal", "[3]", "[4294967296]", "x: a length of shape [4294967296] is negative or above 2147483647"},
		{"more elements than can be counted", "[3]", "[2147483647, 2147483647, 3]", "x: shape [2147483647 2147483647 3] has too many elements"},
		{"no template argument", `"true"`, `"1.5"`, `template T: "1.5"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := mlxkernel.Read(strings.NewReader(strings.Replace(good, c.old, c.new, 1)))
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error is %v, want one that has %q", err, c.want)
			}
		})
	}
}
