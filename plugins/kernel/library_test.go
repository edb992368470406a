package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/metal"
)

// ownLibrary is a library of kernels of this repository's; its .ll files stand
// beside it.
func ownLibrary() string {
	path, err := filepath.Abs("../../metal/metallib/testdata/kernels.metallib")
	if err != nil {
		panic(err)
	}
	return path
}

// compiledScale is a configuration without a fault whose source is compiled.
func compiledScale() object {
	return object{
		"source": ownLibrary(), "kernel": "scale", "grid": []int{64}, "threadgroup": []int{32},
		"constants": object{"twice": "true"},
		"buffer": object{
			"x": object{"dtype": "float32", "shape": []int{64}, "fill": "iota"},
			"y": object{"dtype": "float32", "shape": []int{64}, "output": true},
		},
		"value": object{"factor": object{"value": "3"}, "n": object{"value": "64"}},
	}
}

// compiledShapes is one of a structure and of arguments that a function constant
// decides.
func compiledShapes() object {
	return object{
		"source": ownLibrary(), "kernel": "shapes", "grid": []int{64}, "threadgroup": []int{64},
		"constants": object{"has_bias": "false", "steps": "2"}, "threadgroup_memory": object{"part": 256},
		"buffer": object{"total": object{"dtype": "int32", "shape": []int{4}, "output": true}},
		"value":  object{"params": object{"values": []string{"5", "1", "2", "3", "10", "20", "30", "40", "1", "2", "3", "4", "true"}}},
	}
}

// Faults of a compiled library name what it declares, and no lines.
func TestLibraryFaults(t *testing.T) {
	file := short(ownLibrary())
	notOne := filepath.Join(t.TempDir(), "text.metallib")
	if err := os.WriteFile(notOne, []byte("kernel void f() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	renamed := filepath.Join(t.TempDir(), "kernels.lib")
	if raw, err := os.ReadFile(ownLibrary()); err != nil || os.WriteFile(renamed, raw, 0o600) != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "folder.metallib")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]faulty{
		"none":                  {config: compiledScale()},
		"a structure":           {config: compiledShapes()},
		"its types are written": {config: with(compiledShapes(), "value/params/type", "int, long [3], uint, uint, uint, uint, half4, bool")},
		"no kernel is chosen": {with(compiledScale(), "kernel", nil), "source", file + ` has 3 kernels: picture, scale, shapes: write kernel = "picture"`, func(c object) object {
			return with(c, "kernel", "scale")
		}},
		"a kernel that is not there": {with(compiledScale(), "kernel", "scales"), "kernel", `3 kernels: picture, scale, shapes. Did you mean "scale"?`, nil},
		"a kernel with a texture":    {with(compiledScale(), "kernel", "picture"), "kernel", "argument image is no buffer and no position, but a texture", nil},
		"a constant without a value": {with(compiledScale(), "constants", nil), "kernel", `kernels.metallib declares bool twice [[function_constant(0)]]. Write constants = { twice = true }`, func(c object) object {
			return with(c, "constants", object{"0": "true"})
		}},
		"a constant of another kernel": {with(compiledScale(), "constants/steps", "2"), "constants/steps", "scale has 1 function constant: twice", nil},
		"a buffer without a block": {with(compiledScale(), "buffer/x", nil), "kernel", `kernels.metallib declares device const float *x [[buffer(0)]]. Write buffer "x"`, func(c object) object {
			return with(c, "buffer/x", object{"dtype": "float32", "shape": []int{64}, "fill": "ones"})
		}},
		"a buffer of another type": {with(compiledScale(), "buffer/x/dtype", "float16"), "buffer/x/dtype", `Write dtype = "float32"`, func(c object) object {
			return with(c, "buffer/x/dtype", "float32")
		}},
		"a value too few":           {with(compiledShapes(), "value/params/values", []string{"5"}), "value/params/values", "1 values are given, and the type has 13. kernels.metallib declares constant own::Params &params [[buffer(2)]]", nil},
		"a structure's other types": {with(compiledShapes(), "value/params/type", "int, long"), "value/params/type", `Write type = "int, long, long, long, uint, uint, uint, uint, half, half, half, half, bool"`, nil},
		"an argument that is there": {with(compiledShapes(), "constants/has_bias", "true"), "kernel", `kernels.metallib declares device const packed_half3 *bias [[buffer(5)]]`, func(c object) object {
			return with(c, "buffer/bias", object{"dtype": "float16", "shape": []int{3}, "fill": "ones"})
		}},
		"a block of an argument that is left out": {with(compiledShapes(), "buffer/bias", object{"dtype": "float16", "shape": []int{3}, "fill": "ones"}), "buffer/bias",
			"the argument bias of shapes is there where the function constant has_bias is true. Write true for it in constants, or delete the block.",
			func(c object) object { return with(c, "constants/has_bias", "true") }},
		"a value for an output":     {with(with(compiledScale(), "buffer/y", nil), "value/yy", object{"value": "1"}), "kernel", `Write buffer "y" { … } with dtype`, nil},
		"a library by another name": {with(compiledScale(), "source", renamed), "source", "is a compiled Metal library: call it NAME.metallib", nil},
		"an atomic of another type": {with(compiledShapes(), "buffer/total/dtype", "float32"), "buffer/total/dtype", `Write dtype = "int32"`, func(c object) object {
			return with(c, "buffer/total/dtype", "int32")
		}},
		"too many threads":           {with(compiledShapes(), "threadgroup", []int{256}), "threadgroup", "kernels.metallib: shapes is declared with max_total_threads_per_threadgroup(128)", nil},
		"threadgroup memory of none": {with(compiledScale(), "threadgroup_memory", object{"part": 64}), "threadgroup_memory/part", "Delete this.", func(c object) object { return with(c, "threadgroup_memory", nil) }},
		"macros":                     {with(compiledScale(), "defines", object{"A": "1"}), "defines", file + " is compiled. Delete defines", func(c object) object { return with(c, "defines", nil) }},
		"folders":                    {with(compiledScale(), "include", []string{"/tmp"}), "include", file + " is compiled. Delete include", func(c object) object { return with(c, "include", nil) }},
		"a body":                     {with(with(compiledScale(), "kernel", nil), "metal_kernel", object{"name": "k", "outputs": []string{"y"}}), "source", "A body is text. Delete metal_kernel", nil},
		"no library":                 {with(compiledScale(), "source", notOne), "source", "it is not a Metal library, which begins with MTLB", nil},
		"not there":                  {with(compiledScale(), "source", notOne+".metallib"), "source", "no such file", nil},
		"a folder":                   {with(compiledScale(), "source", folder), "source", "it is not a regular file: name a .metallib file", nil},
		"an input for an output": {with(with(compiledScale(), "buffer/x/output", true), "buffer/x/fill", "ones"), "buffer/x/output", "kernels.metallib declares device const float *x [[buffer(0)]]. Take output = true away.", func(c object) object {
			return with(c, "buffer/x/output", false)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.hold(t)
		})
	}
}

// A structure's numbers lie where the metadata says, with its padding.
func TestLibraryStructure(t *testing.T) {
	c := compiledShapes()
	values := c["value"].(object)["params"].(object)["values"].([]string)
	p := &parsed{}
	lib, err := p.library(ownLibrary())
	if err != nil {
		t.Fatal(err)
	}
	k, ok := lib.kernels.Kernel("shapes")
	if !ok {
		t.Fatal("no kernel")
	}
	l, ok := layoutIn(k.Args[2].Layout)
	if !ok {
		t.Fatal("the layout is not known")
	}
	got, err := l.encode(values)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 64)
	for at, v := range map[int]byte{0: 5, 8: 1, 16: 2, 24: 3, 32: 10, 36: 20, 40: 30, 44: 40, 49: 0x3C, 51: 0x40, 53: 0x42, 55: 0x44, 56: 1} {
		want[at] = v
	}
	if string(got) != string(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	again, err := p.library(ownLibrary())
	if err != nil || again != lib {
		t.Errorf("the library was opened twice: %v", err)
	}
}

// What is written from a compiled kernel is valid as it stands.
func TestNewFromLibrary(t *testing.T) {
	file := ownLibrary()
	for name, want := range map[string][]string{
		"scale":  {`kernel      = "scale"`, "twice = true # TODO: bool", "value \"n\" {\n      value = 1024 # TODO: uint", "output = true"},
		"shapes": {"1,       # TODO: uint ranges[1].to", "1,       # TODO: long [3] strides[2]", "buffer \"total\" {", "dtype  = \"int32\"", "threadgroup  = [128]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var out strings.Builder
			if err := newExperiment([]string{file, "--kernel", name}, &out); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(name + ".hcl")
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range want {
				if !strings.Contains(string(text), w) {
					t.Errorf("%q is not in\n%s", w, text)
				}
			}
			if !strings.Contains(out.String(), name+".hcl is written from kernels.metallib. Sizes are guesses") {
				t.Errorf("it says %s", &out)
			}
		})
	}
	if err := newExperiment([]string{file}, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), `3 kernels: picture, scale, shapes: choose one with --kernel "picture"`) {
		t.Errorf("without a name: %v", err)
	}
}

// A compiled kernel runs on sim, and its output is that of a text of the same; with
// a factor of another it is not.
func TestLibraryRuns(t *testing.T) {
	text := filepath.Join(t.TempDir(), "scale.metal")
	if err := os.WriteFile(text, []byte(`#include <metal_stdlib>
using namespace metal;
constant bool twice [[function_constant(0)]];
kernel void scale(device const float *x, device float *y, constant float &factor, constant uint &n, uint i [[thread_position_in_grid]]) {
  if (i < n)
    y[i] = twice ? x[i] * factor * factor : x[i] * factor;
}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		reference object
		passes    bool
	}{
		"alike":   {object{"source": text, "constants": object{"twice": "true"}}, true},
		"another": {object{"source": text, "constants": object{"twice": "false"}}, false},
		"itself":  {object{"constants": object{"twice": "true"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := sdktest.Start(t, plugin())
			h.Open("sim")
			p, found := h.Prepare("a", asJSON(t, with(compiledScale(), "reference", tt.reference)), 7)
			if len(found) == 1 && strings.Contains(found[0].GetDetail(), "needs clang 16") {
				t.Skip("the test runs a compiled library on the simulator:", found[0].GetDetail())
			}
			if p == nil {
				t.Fatal(found)
			}
			held := false
			for _, c := range p.GetChecks() {
				held = held || c.GetName() == "run y" && c.GetPassed() == tt.passes
			}
			if !held {
				t.Errorf("%v, want a check of y that passes: %v", p.GetChecks(), tt.passes)
			}
		})
	}
}

// A device that takes no compiled library says which do, at the source.
func TestLibraryUnsupported(t *testing.T) {
	refused := fmt.Errorf("k.metallib: %w: the cuda device takes Metal source", metal.ErrUnsupported)
	var found sdk.Diagnostic
	if err := notBuilt(&launch{from: "source"}, refused); !errors.As(err, &found) || found.Path != "source" || found.Detail != refused.Error()+"." {
		t.Errorf("%v", err)
	}
}
