package stats

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Median is the middle value of xs, the mean of the two middle ones when their
// number is even, and NaN when there is none. It does not change xs.
func Median(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	s := slices.Clone(xs)
	slices.Sort(s)
	return medianSorted(s)
}

func medianSorted(s []float64) float64 {
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return s[m-1]/2 + s[m]/2
}

// StdDev is the sample standard deviation (n-1), 0 for fewer than two values.
func StdDev(xs []float64) float64 {
	if len(xs) < 2 {
		return 0
	}
	mean := 0.0
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	ss := 0.0
	for _, x := range xs {
		ss += (x - mean) * (x - mean)
	}
	return math.Sqrt(ss / float64(len(xs)-1))
}

// A MedianInterval is a median with the order-statistic interval around it.
type MedianInterval struct {
	Median, Low, High float64
	// Open says that there are too few values for the confidence asked; Low
	// and High are then infinite.
	Open bool
	// Confidence is what the interval really has, at least what was asked.
	Confidence float64
}

// MedianCI is the median of xs and its two-sided order-statistic confidence
// interval, as benchstat computes it (benchmath.AssumeNothing). At 0.95 it
// needs six values.
func MedianCI(xs []float64, confidence float64) (MedianInterval, error) {
	if err := checkFinite(xs); err != nil {
		return MedianInterval{}, err
	}
	if !(confidence > 0 && confidence < 1) {
		return MedianInterval{}, fmt.Errorf("confidence: %v, want more than 0 and less than 1", confidence)
	}
	s := benchmath.NewSample(slices.Clone(xs), &benchmath.DefaultThresholds)
	r := benchmath.AssumeNothing.Summary(s, confidence)
	return MedianInterval{
		Median: r.Center, Low: r.Lo, High: r.Hi, Confidence: r.Confidence,
		Open: math.IsInf(r.Lo, 0) || math.IsInf(r.Hi, 0),
	}, nil
}

// MannWhitney is the two-sided p-value of the Mann–Whitney U test of two
// unpaired samples, as benchstat computes it: exact for small samples, else the
// normal approximation with tie correction.
func MannWhitney(xs, ys []float64) (float64, error) {
	for _, s := range [][]float64{xs, ys} {
		if err := checkFinite(s); err != nil {
			return math.NaN(), err
		}
	}
	t := &benchmath.DefaultThresholds
	c := benchmath.AssumeNothing.Compare(
		benchmath.NewSample(slices.Clone(xs), t), benchmath.NewSample(slices.Clone(ys), t))
	return c.P, nil
}

func checkFinite(xs []float64) error {
	if len(xs) == 0 {
		return fmt.Errorf("sample: no values")
	}
	for i, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("sample: value %d is %v", i, x)
		}
	}
	return nil
}
