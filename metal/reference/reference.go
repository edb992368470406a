// Package reference computes every op of metal/kernels in float64, straight
// from its definition and from the inputs as they are stored (already rounded
// to their type). It shares no code with any device's kernels nor with the
// quantizer. Plugins and the device suite hold results against it.
//
// At real shapes an oracle for every output would take longer than what it
// checks, so matrix ops take a Subset and compute only what it picks.
package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/assay-bench/assay/metal/dtype"
)

// Subset picks outputs of a matrix: result[i][j] is output row Rows[i], column
// Cols[j]. A nil list picks all.
type Subset struct{ Rows, Cols []int }

// All picks every output.
var All = Subset{}

// Sample picks at most rows × cols outputs of an m × n matrix, the same ones
// for the same seed: the first and last row and column, and random ones between.
func Sample(seed uint64, m, n, rows, cols int) Subset {
	r := rand.New(rand.NewPCG(seed, 0x5bf03635))
	return Subset{Rows: sample(r, m, rows), Cols: sample(r, n, cols)}
}

func sample(r *rand.Rand, n, most int) []int {
	if most >= n {
		return nil
	}
	picked := []int{0, n - 1}[:min(most, 2)]
	for len(picked) < most {
		if i := r.IntN(n); !slices.Contains(picked, i) {
			picked = append(picked, i)
		}
	}
	slices.Sort(picked)
	return picked
}

// Of picks the subset's values out of a whole m × n result.
func (s Subset) Of(whole []float32, m, n int) ([]float32, error) {
	rows, cols, err := s.lists(m, n)
	if err != nil {
		return nil, err
	}
	if len(whole) != m*n {
		return nil, fmt.Errorf("reference: %d values for a result of %d × %d", len(whole), m, n)
	}
	out := make([]float32, 0, len(rows)*len(cols))
	for _, r := range rows {
		for _, c := range cols {
			out = append(out, whole[r*n+c])
		}
	}
	return out, nil
}

// lists gives the picked rows and columns of an m × n result.
func (s Subset) lists(m, n int) (rows, cols []int, err error) {
	if rows, err = list("row", s.Rows, m); err == nil {
		cols, err = list("column", s.Cols, n)
	}
	return rows, cols, err
}

func list(what string, picked []int, n int) ([]int, error) {
	if picked == nil {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	for _, i := range picked {
		if i < 0 || i >= n {
			return nil, fmt.Errorf("reference: %s %d of %d", what, i, n)
		}
	}
	return picked, nil
}

// MaxError is max|got−ref| relative to max|ref|, the measure of every
// tolerance here. A NaN, an Inf on either side or a wrong length gives +Inf; an all-zero ref makes it
// the absolute error.
func MaxError(got []float32, ref []float64) float64 {
	if len(got) != len(ref) {
		return math.Inf(1)
	}
	var worst, top float64
	for i, r := range ref {
		d := math.Abs(float64(got[i]) - r)
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return math.Inf(1)
		}
		worst, top = max(worst, d), max(top, math.Abs(r))
	}
	if top == 0 {
		return worst
	}
	return worst / top
}

// MeanError is mean|got−ref| relative to mean|ref|: the relative error of the
// epsilon sweep. A NaN, an Inf or a wrong length gives +Inf.
func MeanError(got []float32, ref []float64) float64 {
	if len(got) != len(ref) || len(ref) == 0 {
		return math.Inf(1)
	}
	var off, size float64
	for i, r := range ref {
		off += math.Abs(float64(got[i]) - r)
		size += math.Abs(r)
	}
	switch {
	case math.IsNaN(off) || math.IsInf(off, 0) || math.IsInf(size, 0):
		return math.Inf(1)
	case size == 0:
		return off / float64(len(ref))
	}
	return off / size
}

// Tolerance is the largest MaxError that an op with float32 accumulation and
// results of type dt may have.
func Tolerance(dt dtype.DType) float64 {
	switch dt {
	case dtype.F16:
		return 2e-3
	case dtype.BF16:
		return 2e-2
	}
	return 1e-5
}

func need(op, what string, have, want int) error {
	if have == want {
		return nil
	}
	return fmt.Errorf("reference %s: %s has %d values, want %d", op, what, have, want)
}
