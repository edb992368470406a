package quant

import (
	"math"
	"slices"
	"testing"
)

func TestMinifloats(t *testing.T) {
	if got, want := e2m1.magnitudes, []float32{0, 0.5, 1, 1.5, 2, 3, 4, 6}; !slices.Equal(got, want) {
		t.Errorf("e2m1 has %v, want %v", got, want)
	}
	for _, c := range []struct {
		m    *Minifloat
		bits uint8
		want float32
	}{
		{e2m1, 0xF, -6},
		{e4m3, 0x01, 0x1p-9},
		{e4m3, 0x08, 0x1p-6},
		{e4m3, 0x38, 1},
		{e4m3, 0xFE, -448},
		{e4m3, 0x7F, 480}, // no number of the format: MLX reads it so
		{e8m0, 0, 0x1p-127},
		{e8m0, 127, 1},
		{e8m0, 254, 0x1p127},
	} {
		if got := c.m.Value(c.bits); got != c.want {
			t.Errorf("%#x is %g, want %g", c.bits, got, c.want)
		}
	}
	for _, m := range []*Minifloat{e2m1, e4m3, e8m0} {
		for bits, v := range m.magnitudes {
			if got := m.encode(m, v); m.Value(got) != v {
				t.Errorf("%g of %#x is stored as %#x", v, bits, got)
			}
		}
		if v := m.Value(m.encode(m, 1.5*m.Max)); v != m.Max {
			t.Errorf("more than %g is stored as %g", m.Max, v)
		}
	}
}

func TestMinifloatRounding(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		m       *Minifloat
		v, want float32
	}{
		{e2m1, 0.25, 0},
		{e2m1, -2.5, -2}, // of two equally near ones that closer to zero
		{e2m1, 5, 4},
		{e2m1, -5.1, -6},
		{e2m1, inf, 0},
		{e4m3, 17, 16}, // of two equally near ones the even one
		{e4m3, 19, 20},
		{e4m3, -0x1p-10, 0},
		{e4m3, 0x1.8p-9, 0x1p-8},
		{e4m3, -inf, -448},
		{e8m0, 0, 1},
		{e8m0, 1.01, 2},
		{e8m0, 2, 2},
	} {
		if got := c.m.Value(c.m.encode(c.m, c.v)); got != c.want {
			t.Errorf("%g is stored as %g, want %g", c.v, got, c.want)
		}
	}
}
