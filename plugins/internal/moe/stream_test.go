package moe

import (
	"math"
	"slices"
	"testing"
)

// Other languages count these numbers out for themselves.
func TestAStreamIsAFunctionOfSeedAndPurpose(t *testing.T) {
	s := newStream(7, "decode x")
	for i, want := range []uint64{0x4ce3d2ba0ed2067a, 0x9c066647de063aa} {
		if got := s.uint64(); got != want {
			t.Errorf("number %d is %#x, want %#x", i, got, want)
		}
	}
	if got := newStream(7, "decode x").normals(3); !slices.Equal(got, []float32{-1.8055156, -1.2097757, 0.076527864}) {
		t.Errorf("%v", got)
	}
	if got := newStream(7, "decode experts").perm(5); !slices.Equal(got, []int{0, 2, 1, 3, 4}) {
		t.Errorf("%v", got)
	}
}

func TestNormalsHaveUnitVariance(t *testing.T) {
	var sum, squares float64
	const n = 1 << 16
	for _, v := range newStream(1, "x").normals(n) {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	if mean, variance := sum/n, squares/n; math.Abs(mean) > 0.02 || math.Abs(variance-1) > 0.02 {
		t.Errorf("mean %v, variance %v", mean, variance)
	}
}

// The distance between two sketches says how far the vectors are apart.
func TestSketchKeepsDistances(t *testing.T) {
	a := newStream(1, "a").normals(6144)
	b := slices.Clone(a)
	for i, v := range newStream(1, "b").normals(len(b)) {
		b[i] += 0.01 * v
	}
	length := func(v []float64) (sum float64) {
		for _, x := range v {
			sum += x * x
		}
		return math.Sqrt(sum)
	}
	x, y := Sketch(3, a), Sketch(3, b)
	apart := make([]float64, len(x))
	for i := range x {
		apart[i] = x[i] - y[i]
	}
	if d := length(apart) / length(x); d < 0.007 || d > 0.014 {
		t.Errorf("a relative distance of %v, want about 0.01", d)
	}
}
