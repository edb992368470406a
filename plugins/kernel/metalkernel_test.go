package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// custom is a body that uses shapes, strides, a scalar input and a template.
func custom() object {
	return object{
		"source": data("exp.metal"), "grid": []int{12}, "threadgroup": []int{256},
		"buffer": object{
			"inp":  object{"dtype": "float32", "shape": []int{3, 4}, "fill": "zeros"},
			"bias": object{"dtype": "float32", "fill": "constant", "value": 0.5},
			"out":  object{"dtype": "float32", "shape": []int{12}, "output": true},
		},
		"metal_kernel": object{
			"name": "myexp", "inputs": []string{"inp", "bias"}, "outputs": []string{"out"},
			"header":   "template <typename U> U helper(U v) { return 2 * v; }",
			"template": object{"T": "float32", "N": "2", "TWICE": "true"},
		},
	}
}

// atomics adds to what outputs begin with.
func atomics() object {
	return object{
		"grid": []int{64}, "threadgroup": []int{32},
		"buffer": object{
			"x":   object{"dtype": "int32", "shape": []int{64}, "fill": "ones"},
			"sum": object{"dtype": "int32", "shape": []int{1}, "output": true},
		},
		"metal_kernel": object{
			"name": "sum", "inputs": []string{"x"}, "outputs": []string{"sum"}, "atomic_outputs": true, "init_value": 5,
			"source": "atomic_fetch_add_explicit(&sum[0], x[thread_position_in_grid.x], memory_order_relaxed);",
		},
	}
}

func TestBodies(t *testing.T) {
	for name, c := range map[string]object{
		"exp":     with(custom(), "buffer/out/expected", npyFile(t, "<f4", 12, func(int) float64 { return 2 })),
		"atomics": with(atomics(), "buffer/sum/expected", npyFile(t, "<i4", 1, func(int) float64 { return 69 })),
	} {
		t.Run(name, func(t *testing.T) {
			if r := sdktest.Run(t, plugin(), asJSON(t, c)); len(r.Samples[phase]) != 3 || len(r.Metrics) != 1 {
				t.Errorf("%v %v", r.Samples, r.Metrics)
			}
		})
	}
}

// The signature is MLX's: few elements are constant, one is a reference, what the
// body does not use is not there.
func TestSignature(t *testing.T) {
	var p parsed
	cfg := Config{
		Text: Text{Source: ptr(data("exp.metal"))}, Launch: Launch{Grid: []int{12}, Threadgroup: []int{256}},
		Buffer: map[string]Buffer{
			"inp":  {DType: ptr("float32"), Shape: []int{3, 4}, Fill: ptr("zeros")},
			"bias": {DType: ptr("float32"), Fill: ptr("ones")},
			"out":  {DType: ptr("float32"), Shape: []int{12}, Output: true},
		},
		MetalKernel: &MetalKernel{
			Name: "myexp", Inputs: []string{"inp", "bias"}, Outputs: []string{"out"},
			Header: "template <typename U> U helper(U v) { return 2 * v; }", Template: map[string]string{"T": "float32", "N": "2", "TWICE": "true"},
		},
	}
	r, found := p.resolve(cfg)
	if len(found) > 0 {
		t.Fatal(found)
	}
	var got []string
	for _, a := range r.launches[0].kernel.Args {
		if a.Index >= 0 {
			got = append(got, string(a.Space)+" "+a.Name)
		}
	}
	want := "device inp, constant inp_shape, constant inp_strides, constant inp_ndim, constant bias, device out"
	if strings.Join(got, ", ") != want {
		t.Errorf("arguments %s, want %s", strings.Join(got, ", "), want)
	}
	if tg := r.launches[0].threadgroup; tg.X != 12 {
		t.Errorf("a threadgroup of %v for a grid of 12", tg)
	}
}

func ptr[T any](v T) *T { return &v }

func TestFaultsOfBodies(t *testing.T) {
	for name, tt := range map[string]struct {
		config     object
		path, want string
	}{
		"an input without a buffer": {with(custom(), "metal_kernel/inputs", []string{"input", "bias"}), "metal_kernel/inputs/0", `3 buffers: bias, inp, out. Did you mean "inp"? Write buffer "input"`},
		"a template of nothing":     {with(custom(), "metal_kernel/template/T", "double"), "metal_kernel/template/T", `such as "float32"`},
		"a template of Metal's":     {with(custom(), "metal_kernel/template/T", "half"), "metal_kernel/template/T", `Write "float16", which Metal calls half.`},
		"an input that is written":  {with(custom(), "metal_kernel/outputs", []string{"inp"}), "metal_kernel/outputs/0", "Name another buffer, or delete one of the two"},
		"two bodies":                {with(custom(), "metal_kernel/source", "x"), "metal_kernel/source", "Delete this"},
		"no body":                   {with(custom(), "source", nil), "metal_kernel", `source = "FILE.metal" beside the block`},
		"an unchecked output":       {with(with(custom(), "buffer/out/output", false), "buffer/out/fill", "zeros"), "buffer/out", "output = true"},
		"a body that does not end":  {with(atomics(), "metal_kernel/source", "\nif (x[0] > 0) {"), "metal_kernel/source", `sum:2:15: "{" is not closed`},
		"a bracket of another":      {with(atomics(), "metal_kernel/source", "\nfloat a = (2;\n}\n"), "metal_kernel/source", `sum:3:1: unexpected "}"`},
		"a bracket too many":        {with(atomics(), "metal_kernel/source", "\nfloat a = 2);\n"), "metal_kernel/source", `sum:2:12: unexpected ")"`},
		"a whole kernel":            {with(atomics(), "metal_kernel/source", "// kernel void\nkernel void f(device float *x) { x[0] = 1; }"), "metal_kernel/source", "sum:2 begins a kernel. Keep what stands between its braces"},
	} {
		t.Run(name, func(t *testing.T) {
			found := sdktest.Start(t, plugin()).Validate(asJSON(t, tt.config))
			if len(found) != 1 || pathOf(found[0]) != tt.path || !strings.Contains(found[0].GetDetail(), tt.want) {
				t.Errorf("%v, want one fault at %q that says %q", found, tt.path, tt.want)
			}
		})
	}
}
