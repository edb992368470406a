package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// object is a configuration, or a part of one.
type object = map[string]any

// scale is a configuration without a fault.
func scale() object {
	return object{
		"source": data("scale.metal"), "kernel": "scale", "grid": []int{64}, "threadgroup": []int{32},
		"constants": object{"twice": "true"},
		"buffer": object{
			"x": object{"dtype": "float32", "shape": []int{64}, "fill": "iota"},
			"y": object{"dtype": "float32", "shape": []int{64}, "output": true},
		},
		"value": object{
			"by":    object{"type": "float", "value": "3"},
			"shift": object{"type": "float", "values": []string{"1", "2", "3", "4"}},
		},
	}
}

// count is a configuration of atomics, a structure and whole numbers.
func count() object {
	return object{
		"source": data("count.metal"), "grid": []int{8}, "threadgroup": []int{8}, "defines": object{"HOLE": "99"},
		"buffer": object{
			"total": object{"dtype": "uint32", "shape": []int{}, "fill": "constant", "value": 100, "output": true},
			"seen":  object{"dtype": "int32", "shape": []int{8}, "output": true},
		},
		"value": object{"p": object{"values": []string{"5", "0", "0", "0", "2", "0", "0"}}},
	}
}

// typed is a configuration of arguments of many types.
func typed() object {
	return object{
		"source": data("typed.metal"), "kernel": "typed", "grid": []int{8}, "threadgroup": []int{8},
		"buffer": object{
			"halves": object{"dtype": "float16", "shape": []int{8}, "fill": "ones"},
			"raw":    object{"dtype": "uint8", "shape": []int{8, 4}, "fill": "ones"},
			"pairs":  object{"dtype": "float16", "shape": []int{8, 2}, "fill": "ones"},
			"n":      object{"dtype": "uint32", "shape": []int{1}, "fill": "ones"},
			"out":    object{"dtype": "float32", "shape": []int{8}, "output": true},
		},
		"value": object{"m": object{"value": "3"}},
	}
}

func data(name string) string {
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		panic(err)
	}
	return path
}

// with sets what a path of keys names, in a configuration of its own.
func with(c object, path string, value any) object {
	keys := strings.Split(path, "/")
	at := c
	for _, k := range keys[:len(keys)-1] {
		inner := object{}
		if old, ok := at[k].(object); ok {
			inner = maps.Clone(old)
		}
		at[k] = inner
		at = inner
	}
	if at[keys[len(keys)-1]] = value; value == nil {
		delete(at, keys[len(keys)-1])
	}
	return c
}

func asJSON(t *testing.T, c object) string {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// prepare makes a configuration on the simulator.
func prepare(t *testing.T, c object) (*sdktest.Host, *pluginv1.Prepared) {
	t.Helper()
	h := sdktest.Start(t, plugin())
	h.Open("sim")
	p, found := h.Prepare("a", asJSON(t, c), 7)
	if p == nil {
		t.Fatal(found)
	}
	return h, p
}

func TestRuns(t *testing.T) {
	several := scale()
	for _, k := range []string{"kernel", "grid", "threadgroup", "constants"} {
		delete(several, k)
	}
	several["dispatch"] = []object{
		{"kernel": "scale", "grid": []int{64}, "threadgroup": []int{32}, "constants": object{"0": "false"}},
		{"kernel": "sum", "threadgroups": []int{4}, "threadgroup": []int{16}, "threadgroup_memory": object{"part": 64}, "arguments": object{"1": "sums"}},
	}
	with(several, "buffer/sums", object{"dtype": "float32", "shape": []int{4}, "output": true})
	byIndex := scale()
	byIndex["buffer"] = object{"0": object{"dtype": "float32", "shape": []int{64}, "fill": "normal"}, "1": object{"dtype": "float32", "shape": []int{64}, "output": true}}
	byIndex["value"] = object{"2": object{"value": "3"}, "3": object{"values": []string{"1", "2", "3", "4"}}}
	for name, c := range map[string]object{
		"one dispatch": scale(), "several": several, "by index": byIndex, "atomics": count(),
		"a reference of itself": with(scale(), "reference", object{"kernel": "scale", "constants": object{"twice": "true"}}),
	} {
		t.Run(name, func(t *testing.T) {
			r := sdktest.Run(t, plugin(), asJSON(t, c))
			if len(r.Samples[phase]) != 3 || len(r.Checks) < 2 {
				t.Errorf("samples %v, checks %v", r.Samples, r.Checks)
			}
		})
	}
}

// What is declared counts, else each buffer once.
func TestBytes(t *testing.T) {
	_, p := prepare(t, scale())
	if f := p.GetPhases()[phase]; f.GetBytesPerIteration() != 512 || f.GetUnitsPerIteration() != 1 || f.GetYardstick() != "copy" {
		t.Errorf("counted %v", f)
	}
	_, p = prepare(t, with(with(scale(), "bytes", 1000), "operations", 128))
	if f := p.GetPhases()[phase]; f.GetBytesPerIteration() != 1000 || f.GetUnitsPerIteration() != 128 {
		t.Errorf("declared %v", f)
	}
}

// expectedFile is a .npy file of 64 numbers; that of index wrong is one too large.
func expectedFile(t *testing.T, f func(i int) float32, wrong int) string {
	return npyFile(t, "<f4", 64, func(i int) float64 {
		if i == wrong {
			return float64(f(i) + 1)
		}
		return float64(f(i))
	})
}

// npyFile is a file of n numbers, of type <f4 or <i4.
func npyFile(t *testing.T, descr string, n int, f func(i int) float64) string {
	t.Helper()
	e := elementNamed(map[string]string{"<f4": "float32", "<i4": "int32"}[descr])
	body := make([]byte, n*e.size)
	for i := range n {
		e.put(body, i, f(i))
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }\n", descr, n)
	path := filepath.Join(t.TempDir(), "y.npy")
	file := "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + string(body)
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExpectedFile(t *testing.T) {
	r := sdktest.Run(t, plugin(), asJSON(t, with(scale(), "buffer/y/expected", expectedFile(t, func(i int) float32 {
		return float32(2 * (3*i + 1 + i%4))
	}, -1))))
	if v, ok := r.Metrics["rel_err"]; !ok || v != 0 {
		t.Errorf("rel_err %v %v", v, ok)
	}
}

// Equal seeds give equal inputs, whatever else differs; what is announced of an
// output moves with it by as much.
func TestNumbersFollowTheOutput(t *testing.T) {
	fill := func(c object) object { return with(c, "buffer/x/fill", "normal") }
	_, one := prepare(t, fill(scale()))
	_, alike := prepare(t, with(fill(scale()), "threadgroup", []int{16}))
	_, other := prepare(t, with(fill(scale()), "value/by/value", "3.003"))
	a, b, c := one.GetNumbers()["y"], alike.GetNumbers()["y"], other.GetNumbers()["y"]
	if len(a.GetValues()) != buckets || fmt.Sprint(a.GetValues()) != fmt.Sprint(b.GetValues()) {
		t.Errorf("the same outputs have numbers %v and %v", a, b)
	}
	var apart, length float64
	for i, v := range a.GetValues() {
		apart += (v - c.GetValues()[i]) * (v - c.GetValues()[i])
		length += v * v
	}
	if r := apart / length; r < 2e-7 || r > 2e-6 { // (0.001)², less where shift counts
		t.Errorf("outputs 0.001 apart have numbers whose distance squared is %g", r)
	}
	if a.GetTolerance() != 1e-5 || one.GetOutputs()["y not finite"] != other.GetOutputs()["y not finite"] {
		t.Errorf("%v %v", a.GetTolerance(), one.GetOutputs())
	}
	_, whole := prepare(t, count())
	if len(whole.GetOutputs()["total"]) != 64 || whole.GetNumbers()["total"] != nil {
		t.Errorf("whole numbers are announced as %v %v", whole.GetOutputs(), whole.GetNumbers())
	}
}

// A file gives a buffer its type and shape; a tensor that is not there is named.
func TestSafetensors(t *testing.T) {
	header := `{"w":{"dtype":"F32","shape":[8,8],"data_offsets":[0,256]},"b":{"dtype":"F32","shape":[4],"data_offsets":[256,272]}}`
	body := make([]byte, 272)
	for i := range 64 {
		elementNamed("float32").put(body, i, float64(i))
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	file := string([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}) + header + string(body)
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	c := with(scale(), "buffer/x", object{"file": path, "tensor": "w"})
	with(c, "buffer/y/expected", expectedFile(t, func(i int) float32 { return float32(2 * (3*i + 1 + i%4)) }, -1))
	sdktest.Run(t, plugin(), asJSON(t, c))

	h := sdktest.Start(t, plugin())
	found := h.Validate(asJSON(t, with(c, "buffer/x/tensor", "v")))
	if len(found) != 1 || pathOf(found[0]) != "buffer/x/tensor" || !strings.Contains(found[0].GetDetail(), "2 tensors: b, w. Write tensor") {
		t.Errorf("%v", found)
	}
	found = h.Validate(asJSON(t, with(with(c, "buffer/x/tensor", "w"), "buffer/x/shape", []int{63})))
	if len(found) != 1 || pathOf(found[0]) != "buffer/x/file" || !strings.Contains(found[0].GetDetail(), "64 elements and not 63") {
		t.Errorf("%v", found)
	}
	found = h.Validate(asJSON(t, with(with(scale(), "buffer/y/expected", path), "buffer/y/tolerance", 1)))
	if len(found) != 1 || pathOf(found[0]) != "buffer/y/expected" || !strings.Contains(found[0].GetDetail(), "Write expected_tensor =") {
		t.Errorf("%v", found)
	}
}

// A source that a device's compiler refuses has its place in the configuration.
func TestNotBuilt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.metal")
	if err := os.WriteFile(path, []byte("kernel void f(device float *x, uint i [[thread_position_in_grid]]) {\n  x[i] = none;\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := object{"source": path, "grid": []int{1}, "threadgroup": []int{1}, "buffer": object{"x": object{"dtype": "float32", "shape": []int{1}, "output": true}}}
	h := sdktest.Start(t, plugin())
	h.Open("sim")
	_, found := h.Prepare("a", asJSON(t, c), 7)
	if len(found) != 1 || pathOf(found[0]) != "source" || found[0].GetCode() != "kernel_build" || !strings.Contains(found[0].GetDetail(), "f.metal:2: error: ") {
		t.Errorf("%v", found)
	}
}
