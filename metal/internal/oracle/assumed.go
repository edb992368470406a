package main

import (
	"bytes"
	"regexp"
	"slices"
)

// intrinsic is a function that Apple's code names and that the GPU has, or here the
// simulator: air.simd_sum.f32, without its type.
var intrinsic = regexp.MustCompile(`air\.(?:(?:wg|simdgroup)\.barrier|[a-z][a-z0-9_]*)`)

// named are the intrinsics that a kernel's bitcode declares. The names of what it
// defines and declares lie one behind the other at its end, the kernel's first.
func named(kernel string, bitcode []byte) []string {
	var out []string
	for _, m := range intrinsic.FindAll(bitcode[max(0, bytes.LastIndex(bitcode, []byte(kernel))):], -1) {
		if !bytes.HasPrefix(m, []byte("air.static_init")) { // a section
			out = append(out, string(m))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
