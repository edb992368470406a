package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// pathOf writes the path of a diagnostic as the HCL is nested.
func pathOf(d *pluginv1.Diagnostic) string {
	var out []string
	for _, s := range d.GetPath() {
		switch {
		case s.GetName() != "":
			out = append(out, s.GetName())
		case s.GetKey() != "":
			out = append(out, s.GetKey())
		default:
			out = append(out, string(rune('0'+s.GetIndex())))
		}
	}
	return strings.Join(out, "/")
}

// Each fault stands at its argument, says where the source says so, and is gone
// when its advice is followed.
func TestFaults(t *testing.T) {
	file := filepath.Join("testdata", "scale.metal")
	broken := filepath.Join(t.TempDir(), "broken.metal")
	if err := os.WriteFile(broken, []byte("kernel void f(device float *x [[buffer(0)]]) {\n  x[0] = 1;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kernal := filepath.Join(t.TempDir(), "kernal.metal")
	if err := os.WriteFile(kernal, []byte("float g(float x) { return x; }\nkernal void f(device float *x) {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	optional := filepath.Join(t.TempDir(), "optional.metal")
	if err := os.WriteFile(optional, []byte(`constant bool biased [[function_constant(0)]];
kernel void scale(device const float *x [[buffer(0)]], device float *y [[buffer(1)]],
    device const float *bias [[buffer(2), function_constant(biased)]], uint i [[thread_position_in_grid]]) { y[i] = x[i]; }
`), 0o600); err != nil {
		t.Fatal(err)
	}

	for name, tt := range map[string]faulty{
		"an argument without a block": {
			with(scale(), "buffer/x", nil), "kernel", file + `:8:5 declares device const float *x [[buffer(0)]]. Write buffer "x"`,
			func(c object) object {
				return with(c, "buffer/x", object{"dtype": "float32", "shape": []int{64}, "fill": "normal"})
			},
		},
		"a value without a block": {
			with(scale(), "value/by", nil), "kernel", file + `:10:5 declares constant float &by [[buffer(2)]]. Write value "by" { value = … }`,
			func(c object) object { return with(c, "value/by", object{"value": "3"}) },
		},
		"a buffer that another version calls differently": {
			with(with(scale(), "buffer/src", scale()["buffer"].(object)["x"]), "buffer/x", nil), "kernel", `, and nothing gets "src". Write arguments = { x = "src" } beside it; or, if no version calls it src, rename the block to "x".`,
			func(c object) object { return with(c, "arguments", object{"x": "src"}) },
		},
		"a value that another version calls differently": {
			with(with(scale(), "value/factor", object{"value": "3"}), "value/by", nil), "kernel", `Write arguments = { by = "factor" } beside it`,
			func(c object) object { return with(c, "arguments", object{"by": "factor"}) },
		},
		"a misspelled buffer": {
			with(with(scale(), "buffer/xs", scale()["buffer"].(object)["x"]), "buffer/x", nil), "kernel", `Write arguments = { x = "xs" } beside it`,
			func(c object) object { return with(c, "arguments", object{"x": "xs"}) },
		},
		"a misspelled value": {
			with(with(scale(), "value/shfit", scale()["value"].(object)["shift"]), "value/shift", nil), "value/shfit", `Rename the block to "shift"; or, if another version calls it shfit, write arguments = { shift = "shfit" } in the variant of ` + file,
			func(c object) object { return with(c, "arguments", object{"shift": "shfit"}) },
		},
		"an argument of the reference that is called differently": {
			with(typed(), "reference", object{"source": data("other.metal")}), "reference/source", `other.metal:9:5 declares constant int &k [[buffer(4)]]. Write arguments = { k = "m" } beside it.`,
			func(c object) object { return with(c, "reference/arguments", object{"k": "m"}) },
		},
		"a reference of another type": {
			with(typed(), "reference", object{"source": data("other.metal"), "arguments": object{"k": "m"}, "defines": object{"REAL": "half"}}), "reference/source", `typed.metal:16:5 declares device float *out [[buffer(5)]], and testdata/other.metal:10:5 declares device half *out [[buffer(5)]]. Give both the same type`,
			func(c object) object { return with(c, "reference/defines", object{"REAL": "float"}) },
		},
		"a type that is missing": {
			with(typed(), "buffer/halves/dtype", nil), "buffer/halves", `declares device const half *halves [[buffer(0)]]. Write dtype = "float16".`,
			func(c object) object { return with(c, "buffer/halves/dtype", "float16") },
		},
		"a type that nothing says": {
			with(typed(), "buffer/pairs/dtype", nil), "buffer/pairs", `Write dtype = "float32", or another of float32, float16,`,
			func(c object) object { return with(c, "buffer/pairs/dtype", "float32") },
		},
		"a type as Metal calls it": {
			with(typed(), "buffer/halves/dtype", "half"), "buffer/halves/dtype", `Write dtype = "float16", which Metal calls half.`,
			func(c object) object { return with(c, "buffer/halves/dtype", "float16") },
		},
		"a value's type as arrays call it": {
			with(typed(), "value/m/type", "int32"), "value/m/type", `Write "int" for it.`,
			func(c object) object { return with(c, "value/m/type", "int") },
		},
		"a kernel that this version calls differently": {
			with(typed(), "source", data("other.metal")), "source", `other.metal has 1 kernel, not typed: write kernel = "other" beside source = "testdata/other.metal".`,
			func(c object) object { return with(with(c, "kernel", "other"), "arguments", object{"k": "m"}) },
		},
		"a keyword misspelled": {
			with(typed(), "source", kernal), "source", "kernal.metal:2 has no kernel: write kernel for kernal.", nil,
		},
		"a block without an argument": {
			with(scale(), "buffer/xs", object{"dtype": "float32", "shape": []int{64}, "fill": "normal"}), "buffer/xs", `4 arguments: x, y, by, shift. Did you mean "x"?`,
			func(c object) object { return with(c, "buffer/xs", nil) },
		},
		"elements of another size": {
			with(scale(), "buffer/x/dtype", "float16"), "buffer/x/dtype", file + `:8:5 declares device const float *x [[buffer(0)]]. Write dtype = "float32"`,
			func(c object) object { return with(c, "buffer/x/dtype", "float32") },
		},
		"integers for floats": {
			with(scale(), "buffer/x/dtype", "int32"), "buffer/x/dtype", `Write dtype = "float32"`,
			func(c object) object { return with(c, "buffer/x/dtype", "float32") },
		},
		"another float of the same size": {
			with(typed(), "buffer/halves/dtype", "bfloat16"), "buffer/halves/dtype", `declares device const half *halves [[buffer(0)]]. Write dtype = "float16"`,
			func(c object) object { return with(c, "buffer/halves/dtype", "float16") },
		},
		"bytes for floats": {
			with(typed(), "buffer/halves", object{"dtype": "int8", "shape": []int{16}, "fill": "zeros"}), "buffer/halves/dtype", `Write dtype = "float16"`,
			func(c object) object { return with(c, "buffer/halves/dtype", "float16") },
		},
		"truth for floats": {
			with(typed(), "buffer/halves", object{"dtype": "bool", "shape": []int{16}, "fill": "ones"}), "buffer/halves/dtype", `Write dtype = "float16"`,
			func(c object) object { return with(c, "buffer/halves/dtype", "float16") },
		},
		"a sign that the kernel has not": {
			with(typed(), "buffer/n/dtype", "int32"), "buffer/n/dtype", `declares constant uint &n [[buffer(3)]]. Write dtype = "uint32"`,
			func(c object) object { return with(c, "buffer/n/dtype", "uint32") },
		},
		"a value whose sign the kernel has not": {
			with(typed(), "value/m/type", "uint"), "value/m/type", `declares constant int &m [[buffer(4)]]. Write type = "int"`,
			func(c object) object { return with(c, "value/m/type", "int") },
		},
		"a file of another type": {
			with(typed(), "buffer/out", object{"file": npyFile(t, "<i4", 8, func(int) float64 { return 1 }), "output": true}), "buffer/out/file", "Name a file of float32",
			func(c object) object {
				return with(c, "buffer/out/file", npyFile(t, "<f4", 8, func(int) float64 { return 1 }))
			},
		},
		"a texture": {
			with(typed(), "kernel", "drawn"), "kernel", "texture2d: outside the supported compute subset (textures): use a device buffer; see docs/metal-subset.md.",
			func(c object) object { return with(c, "kernel", "typed") },
		},
		"constants without values": {
			with(typed(), "kernel", "chosen"), "kernel", `typed.metal:6 declares bool log_out [[function_constant(2)]]. Write constants = { by = 1.0, log_out = true, times = 1 }`,
			func(c object) object {
				return with(c, "constants", object{"log_out": "true", "times": "1", "by": "1.0"})
			},
		},
		"a value of another type": {
			with(scale(), "value/by/type", "uint"), "value/by/type", file + `:10:5 declares constant float &by [[buffer(2)]]. Write type = "float"`,
			func(c object) object { return with(c, "value/by/type", "float") },
		},
		"a type that is none": {
			with(scale(), "value/by/type", "single"), "value/by/type", `such as "uint"`,
			func(c object) object { return with(c, "value/by/type", "float") },
		},
		"a value out of range": {
			with(count(), "value/p/values", []string{"-1", "0", "0", "0", "2", "0", "0"}), "value/p/values", "-1 is out of the range of uint, 0 to 4294967295",
			func(c object) object { return with(c, "value/p/values", []string{"1", "0", "0", "0", "2", "0", "0"}) },
		},
		"too few members": {
			with(count(), "value/p/values", []string{"5"}), "value/p/values", "1 values are given, and the type has 7",
			func(c object) object { return with(c, "value/p/values", []string{"1", "0", "0", "0", "2", "0", "0"}) },
		},
		"a constant that is none": {
			with(scale(), "constants", object{"twise": "true"}), "constants/twise", `1 function constant: twice. Did you mean "twice"?`,
			func(c object) object { return with(c, "constants", object{"twice": "true"}) },
		},
		"a constant without a value": {
			with(scale(), "constants", nil), "kernel", file + ":4 declares bool twice [[function_constant(0)]]. Write constants = { twice = true }",
			func(c object) object { return with(c, "constants", object{"twice": "true"}) },
		},
		"a constant of another type": {
			with(scale(), "constants", object{"twice": "2"}), "constants/twice", file + `:4 declares bool twice: "2" is neither true nor false`,
			func(c object) object { return with(c, "constants", object{"twice": "false"}) },
		},
		"a kernel that is none": {
			with(scale(), "kernel", "scales"), "kernel", file + ` has 2 kernels: scale, sum. Did you mean "scale"?`,
			func(c object) object { return with(c, "kernel", "scale") },
		},
		"one kernel of several": {
			with(scale(), "kernel", nil), "source", `write kernel = "scale"`,
			func(c object) object { return with(c, "kernel", "scale") },
		},
		"a source that does not end": {with(scale(), "source", broken), "source", `broken.metal:1:46: "{" is not closed`, nil},
		"no source":                  {with(scale(), "source", nil), "", `Write source = "FILE.metal"`, func(c object) object { return with(c, "source", data("scale.metal")) }},
		"no grid":                    {with(scale(), "grid", nil), "", "Write grid = [threads], or threadgroups = [count]", func(c object) object { return with(c, "threadgroups", []int{2}) }},
		"no threadgroup":             {with(scale(), "threadgroup", nil), "", "Write threadgroup = [256]", func(c object) object { return with(c, "threadgroup", []int{256}) }},
		"two grids":                  {with(scale(), "threadgroups", []int{2}), "threadgroups", "delete one", func(c object) object { return with(c, "grid", nil) }},
		"a large threadgroup": {with(scale(), "threadgroup", []int{64, 32}), "threadgroup", "at most 1024 threads, and this has 2048", func(c object) object {
			return with(c, "threadgroup", []int{32, 32})
		}},
		"a grid of nothing": {with(scale(), "grid", []int{0}), "grid", "one to three numbers", func(c object) object { return with(c, "grid", []int{1, 1, 1}) }},
		"nothing is checked": {with(scale(), "buffer/y/output", false), "buffer/y", "output = true if the kernel writes it", func(c object) object {
			return with(c, "buffer/y/output", true)
		}},
		"an input for an output": {with(with(scale(), "buffer/x/output", true), "buffer/x/fill", "ones"), "buffer/x/output", file + ":8:5 declares device const float *x", func(c object) object {
			return with(c, "buffer/x/output", false)
		}},
		"a shape of nothing": {with(scale(), "buffer/x/shape", []int{64, 0}), "buffer/x/shape", "at least 1", func(c object) object { return with(c, "buffer/x/shape", []int{64, 1}) }},
		"too small": {with(typed(), "buffer/raw/shape", []int{3}), "buffer/raw/shape", "which is 4 bytes; the buffer has 3. Write a larger shape", func(c object) object {
			return with(c, "buffer/raw/shape", []int{4})
		}},
		"no numbers": {with(scale(), "buffer/x/fill", nil), "buffer/x", `Write fill = "normal"`, func(c object) object { return with(c, "buffer/x/fill", "normal") }},
		"a tensor of no file": {with(scale(), "buffer/x/tensor", "w"), "buffer/x/tensor", "or delete tensor", func(c object) object {
			return with(c, "buffer/x/tensor", nil)
		}},
		"bounds of another fill": {with(scale(), "buffer/x/low", 3), "buffer/x/low", `write fill = "uniform"`, func(c object) object {
			return with(with(c, "buffer/x/fill", "uniform"), "buffer/x/high", 4)
		}},
		"bounds outside the type": {with(with(count(), "buffer/total/fill", "constant"), "buffer/total/value", -1), "buffer/total/fill", "-1 is not a value of uint32", func(c object) object {
			return with(c, "buffer/total/value", 1)
		}},
		"a reference that writes nothing": {with(scale(), "reference", object{"kernel": "sum", "threadgroup_memory": object{"0": 64}, "arguments": object{"y": "x", "z": "x"}}), "reference", `write arguments = { NAME = "OUTPUT" }`, func(c object) object {
			return with(c, "reference/arguments", object{"y": "x", "z": "y"})
		}},
		"a block of an argument that the reference leaves out": {
			with(with(scale(), "buffer/bias", object{"dtype": "float32", "shape": []int{64}, "fill": "ones"}), "reference", object{"source": optional, "constants": object{"biased": "false"}}),
			"buffer/bias", "optional.metal:2, the argument bias of scale is there where the function constant biased is true. Write true for it in reference.constants, or delete the block.",
			func(c object) object { return with(c, "reference/constants/biased", "true") },
		},
		"threadgroup memory": {with(scale(), "reference", object{"kernel": "sum", "arguments": object{"y": "x", "z": "y"}}), "reference", "threadgroup float *part [[threadgroup(0)]]. Write threadgroup_memory = { part = BYTES }", func(c object) object {
			return with(c, "reference/threadgroup_memory", object{"part": 128})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.hold(t)
		})
	}
}

// What is known of a type is held against it; bytes and structures take anything.
func TestUntyped(t *testing.T) {
	for _, dtype := range []string{"float32", "bfloat16", "int64", "bool"} {
		c := with(with(typed(), "buffer/raw/dtype", dtype), "buffer/pairs/dtype", dtype)
		if found := sdktest.Start(t, plugin()).Validate(asJSON(t, c)); len(found) > 0 {
			t.Errorf("%s: %v", dtype, found)
		}
	}
}

// All constants that are missing are named at once, beside those that are given.
func TestMissingConstants(t *testing.T) {
	c := with(with(typed(), "kernel", "chosen"), "constants", object{"1": "7"})
	found := sdktest.Start(t, plugin()).Validate(asJSON(t, c))
	if len(found) != 1 || pathOf(found[0]) != "constants" || found[0].GetSummary() != "2 function constants have no value" ||
		!strings.Contains(found[0].GetDetail(), `Write constants = { "1" = 7, by = 1.0, log_out = true }`) {
		t.Errorf("%v", found)
	}
}

// The folder from which a project means its includes is named, as is the argument.
func TestIncludeFaults(t *testing.T) {
	root := t.TempDir()
	inner := filepath.Join(root, "lib", "kernels")
	if err := os.MkdirAll(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(path, text string) string {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write(filepath.Join(inner, "utils.h"), "#pragma once\n")
	scaled, err := os.ReadFile(data("scale.metal"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"above":  {"#include \"lib/kernels/utils.h\"\n", `Write include = ["/nope", "` + filepath.ToSlash(root) + `"].`},
		"angles": {"#include <lib/kernels/utils.h>\n", `Write include = ["/nope", "` + filepath.ToSlash(root) + `"].`},
		"none":   {"#include \"other.h\"\n", `Write include = ["/nope", "DIR"], with the folder that has other.h for DIR.`},
	} {
		t.Run(name, func(t *testing.T) {
			source := write(filepath.Join(inner, name+".metal"), tt.text+string(scaled))
			c := with(with(scale(), "source", source), "include", []string{"/nope"})
			h := sdktest.Start(t, plugin())
			found := h.Validate(asJSON(t, c))
			if len(found) != 1 || pathOf(found[0]) != "source" || !strings.HasSuffix(found[0].GetDetail(), tt.want) {
				t.Errorf("%v, want one fault that ends %q", found, tt.want)
			}
			if found := h.Validate(asJSON(t, with(c, "include", []string{"/nope", root, inner}))); name != "none" && len(found) > 0 {
				t.Errorf("its advice leads to %v", found)
			}
		})
	}
}
