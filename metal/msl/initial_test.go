package msl

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Values that have commas of their own count as one element each.
func TestRangesOfInitializers(t *testing.T) {
	u, err := Parse("a.metal", "kernel void k() { float2 x[4] = {[0 ... 1] = {1, 2}, [2 ... 3] = float2(3, 4)}; }", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := u.Host(Options{Kernels: []string{"k"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "{{1,2},{1,2},float2(3,4),float2(3,4)}"
	if !strings.Contains(strings.Join(strings.Fields(got), ""), want) {
		t.Errorf("the rendering lacks %s:\n%s", want, got[strings.LastIndex(got, "x["):])
	}
}

// Vector types of a large source are rewritten without a copy of the source for each.
func TestManyExtendedVectors(t *testing.T) {
	const types = 1000
	var src strings.Builder
	for i := range types {
		fmt.Fprintf(&src, "typedef half h%d __attribute__((ext_vector_type(2)));\n", i)
	}
	fmt.Fprintf(&src, "kernel void k(device h%d *x) {}\n", types-1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	u, err := Parse("a.metal", src.String(), nil)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Check(&u.Kernels[0], nil); err != nil {
		t.Error(err)
	}
	if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 100 {
		t.Errorf("%d types take %d MiB to read", types, mib)
	}
}
