package front

import (
	"errors"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

const twoArguments = `#include <metal_stdlib>
using namespace metal;
constant bool has_bias [[function_constant(0)]];
struct P { uint n; };
kernel void k(
    const device float *x [[buffer(0)]], device float *y [[buffer(1)]],
    const device float *bias [[buffer(3), function_constant(has_bias)]],
    constant P &p [[buffer(2)]], threadgroup float *t [[threadgroup(0)]],
    uint i [[thread_position_in_grid]]) { y[i] = x[i]; }
`

// TestDeclaredArguments: what a kernel declares is given, by what the source says
// or, where nobody can read it, by anything.
func TestDeclaredArguments(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*metal.Dispatch)
		want   string
	}{
		"all":              {func(*metal.Dispatch) {}, ""},
		"not the optional": {func(s *metal.Dispatch) { s.Args = s.Args[:3] }, ""},
		"more":             {func(s *metal.Dispatch) { s.Args = append(s.Args, metal.Arg{}, s.Args[0]) }, ""},
		"missing":          {func(s *metal.Dispatch) { s.Args = s.Args[:2] }, "argument 2 (p) is missing: 2 are given"},
		"empty":            {func(s *metal.Dispatch) { s.Args[0] = metal.Arg{} }, "argument 0 (x) is missing"},
		"short":            {func(s *metal.Dispatch) { s.Args[2].Bytes = []byte{1} }, "argument 2 (p): 1 bytes, the kernel reads 4"},
		"a buffer":         {func(s *metal.Dispatch) { s.Args[2] = s.Args[0] }, ""},
		"written bytes":    {func(s *metal.Dispatch) { s.Args[1] = metal.Arg{Bytes: []byte{1}} }, "argument 1 (y) must be a buffer"},
		"no group memory":  {func(s *metal.Dispatch) { s.ThreadgroupMemory = nil }, "threadgroup argument 0 (t) has no size"},
		"no size":          {func(s *metal.Dispatch) { s.ThreadgroupMemory = []int{0} }, "threadgroup argument 0 (t) has no size"},
	} {
		d, _, b := open(t, metal.Apple)
		k := kernelOf(t, d, twoArguments, "k", nil)
		unread := kernelOf(t, d, "what no compiler reads", "k", nil)
		s := metal.Dispatch{
			Kernel: k, Grid: one, Threadgroup: one, ThreadgroupMemory: []int{16},
			Args: []metal.Arg{{Buffer: b}, {Buffer: b}, {Bytes: []byte{1, 0, 0, 0}}, {Buffer: b}},
		}
		c.change(&s)
		_, err := d.Submit(t.Context(), []metal.Dispatch{s})
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want a fault with %q", name, err, c.want)
		}
		s.Kernel = unread
		if _, err := d.Submit(t.Context(), []metal.Dispatch{s}); err != nil {
			t.Errorf("%s, of a kernel whose source nobody read: %v", name, err)
		}
	}
}

// A backend that knows more than the source says is asked.
func TestArgumentsOfBytes(t *testing.T) {
	p := Argument{Name: "p", Bytes: 8, Inline: true}
	b := &buffer{}
	for want, given := range map[string]metal.Arg{
		"argument 0 (p) is a constant reference: give its 8 bytes, not a buffer": {Buffer: b},
		"argument 0 (p): 7 bytes, the kernel reads 8":                            {Bytes: make([]byte, 7)},
		"": {Bytes: make([]byte, 9)},
	} {
		err := p.given(&metal.Dispatch{Args: []metal.Arg{given}})
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
