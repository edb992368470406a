package cpu

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// TestBadDispatch: every mistake gives ErrFault that names kernel and cause.
func TestBadDispatch(t *testing.T) {
	r := newRig(t, Options{Threads: 2})
	good := func() metal.Dispatch { d, _ := moe(r); return d[1] }
	other := newRig(t, Options{Threads: 1})
	released := r.buffer(64)
	released.Release()
	for _, c := range []struct {
		name  string
		want  string
		spoil func(d *metal.Dispatch)
	}{
		{"missing argument", "argument 2 (gate_scales) is missing: 11 are given", func(d *metal.Dispatch) { d.Args[2] = metal.Arg{} }},
		{"no parameters", "argument 10 (p) is missing: 10 are given", func(d *metal.Dispatch) { d.Args = d.Args[:10] }},
		{"short parameters", "argument 10 (p): 8 bytes, the kernel reads 24", func(d *metal.Dispatch) { d.Args[10].Bytes = d.Args[10].Bytes[:8] }},
		{"short weights", "argument 1: gate_w: shape [4 64 128] needs 16384 bytes, the buffer has 64", func(d *metal.Dispatch) { d.Args[1].Buffer = r.buffer(64) }},
		{"short output", "argument 9: y: shape [2 1 64] needs 256 bytes, the buffer has 254 after offset 2", func(d *metal.Dispatch) { d.Args[9].Offset = 2 }},
		{"negative offset", "argument 1: offset -4 with 1 bytes is outside the buffer of 16384 bytes", func(d *metal.Dispatch) { d.Args[1].Offset = -4 }},
		{"misaligned offset", "offset 2 is not a multiple of 4", func(d *metal.Dispatch) { d.Args[7].Offset = 2 }},
		{"output inline", "argument 9 (y) must be a buffer: the kernel can write it", func(d *metal.Dispatch) { d.Args[9] = metal.Arg{Bytes: make([]byte, 256)} }},
		{"released buffer", "argument 0: the buffer of 64 bytes was released", func(d *metal.Dispatch) { d.Args[0].Buffer = released }},
		{"foreign buffer", "not of this device", func(d *metal.Dispatch) { d.Args[0].Buffer = other.buffer(4096) }},
		{"empty grid", "grid 0x0x0", func(d *metal.Dispatch) { d.Grid = metal.Size{} }},
		{"negative grid", "grid 1x-1x1", func(d *metal.Dispatch) { d.Grid = metal.Size{X: 1, Y: -1, Z: 1} }},
		{"huge threadgroup", "threadgroup 2048x1x1", func(d *metal.Dispatch) { d.Threadgroup = metal.Size{X: 2048, Y: 1, Z: 1} }},
		{"zero shape", "N is 0, want 1 to 2147483647", func(d *metal.Dispatch) {
			d.Args[10].Bytes = kernels.Bytes(kernels.GatherParams{Pairs: 2, M: 1, N: 0, K: 128, Experts: 4, Rows: 1})
		}},
		{"no shape", "N is 4294967294, want 1 to 2147483647", func(d *metal.Dispatch) {
			d.Args[10].Bytes = kernels.Bytes(kernels.GatherParams{Pairs: 2, M: 1, N: math.MaxUint32 - 1, K: 128, Experts: 4, Rows: 1})
		}},
		{"K no multiple of the group", "rows of 100 weights do not divide into groups of 64", func(d *metal.Dispatch) {
			d.Args[10].Bytes = kernels.Bytes(kernels.GatherParams{Pairs: 2, M: 1, N: 64, K: 100, Experts: 4, Rows: 1})
		}},
		{"overflowing shape", "argument 1: gate_w: shape [2147483647 2147483647 128] is too large", func(d *metal.Dispatch) {
			d.Args[10].Bytes = kernels.Bytes(kernels.GatherParams{Pairs: 1, M: 1, N: math.MaxInt32, K: 128, Experts: math.MaxInt32, Rows: 1})
		}},
		{"foreign kernel", "the kernel is not of this device", func(d *metal.Dispatch) { d.Kernel = nil }},
	} {
		d := good()
		c.spoil(&d)
		_, recorded := r.dev.Record([]metal.Dispatch{d})
		_, submitted := r.dev.Submit(context.Background(), []metal.Dispatch{d})
		for _, err := range []error{recorded, submitted} {
			if !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), c.want) || c.name != "foreign kernel" && !strings.Contains(err.Error(), "gather_qmm_swiglu_bf16_b4_g64") {
				t.Errorf("%s: %v, want a fault that says %q", c.name, err, c.want)
			}
		}
	}
}

// TestIndexOutOfRange: indices are data, so they are checked in each run, and
// the device works on afterwards.
func TestIndexOutOfRange(t *testing.T) {
	r := newRig(t, Options{Threads: 2})
	d, rhs := moe(r)
	p, err := r.dev.Record(d[1:])
	if err != nil {
		t.Fatal(err)
	}
	rhs.Bytes()[4] = 9
	for range 2 {
		if _, err := p.Run(context.Background(), 1); !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), "rhs[1] is expert 9, but there are 4 experts") {
			t.Errorf("expert 9 of 4: %v", err)
		}
	}
	lhs := d[1].Args[7].Buffer
	rhs.Bytes()[4] = 3
	lhs.Bytes()[0] = 1
	if _, err := p.Run(context.Background(), 1); !errors.Is(err, metal.ErrFault) || !strings.Contains(err.Error(), "lhs[0] is row 1, but there are 1 rows") {
		t.Errorf("row 1 of 1: %v", err)
	}
	lhs.Bytes()[0] = 0
	if _, err := p.Run(context.Background(), 1); err != nil {
		t.Errorf("good indices after bad ones: %v", err)
	}
}
