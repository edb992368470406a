package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/sdk"
)

// compare holds an output against what it should be: the largest difference,
// relative to the largest value there. What is not finite must be the same.
func compare(name string, b *buffer, got []byte, of *element, want []byte, whose string) sdk.Check {
	var worst, top float64
	place, odd, first := -1, 0, -1
	for i := range b.count {
		g, w := b.element.at(got, i), of.at(want, i)
		if finite(w) {
			top = max(top, math.Abs(w))
		}
		d := math.Abs(g - w)
		switch {
		case g == w || math.IsNaN(g) && math.IsNaN(w):
			d = 0
			if b.element == of && of.class != floating && !bytes.Equal(got[i*of.size:(i+1)*of.size], want[i*of.size:(i+1)*of.size]) {
				d = 1 // whole numbers above 2^53
			}
		case !finite(d):
			if odd++; first < 0 {
				first = i
			}
			continue
		}
		if d > worst {
			worst, place = d, i
		}
	}
	if top > 0 {
		worst /= top
	}
	if odd > 0 {
		c := sdk.Below(name, math.NaN(), b.tolerance)
		c.Detail = fmt.Sprintf("%d of %d elements are not finite, or not as they should be, the first at %s%s: %g, %s %g", odd, b.count, b.name, index(b.shape, first), b.element.at(got, first), whose, of.at(want, first))
		return c
	}
	c := sdk.Below(name, worst, b.tolerance)
	if place >= 0 {
		c.Detail = fmt.Sprintf("worst at %s%s: %g, %s %g", b.name, index(b.shape, place), b.element.at(got, place), whose, of.at(want, place))
	}
	return c
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// index spells the place of an element: "[3,17]".
func index(shape []int, i int) string {
	out := ""
	for d := len(shape) - 1; d >= 0; d-- {
		sep := ","
		if d == 0 {
			sep = ""
		}
		out = fmt.Sprintf("%s%d%s", sep, i%shape[d], out)
		i /= shape[d]
	}
	return "[" + out + "]"
}

// buckets of a sketch: its length is that of the output within a tenth or so.
const buckets = 64

// sketch is a short vector that stands for a long one: each element is added to a
// drawn bucket with a drawn sign (Charikar, Chen, Farach-Colton, "Finding frequent
// items in data streams"). The distance of two sketches drawn alike is that of the
// outputs, up to a tenth or so, and never 0 for outputs that differ in one place.
// What is not finite is left out; marks says how much that is and what comes first,
// and differs where places or values do.
func sketch(seed uint64, b *buffer, data []byte) (sums []float64, marks string) {
	rng := generator(seed, "sketch "+b.name)
	sums = make([]float64, buckets)
	odd, count, first := sha256.New(), 0, ""
	for i := range b.count {
		v, draw := b.element.at(data, i), rng.Uint64()
		if !finite(v) {
			if count++; count == 1 {
				first = fmt.Sprintf("the first %g at %s%s", v, b.name, index(b.shape, i))
			}
			fmt.Fprintln(odd, i, v)
			continue
		}
		if draw>>63 == 1 {
			v = -v
		}
		sums[draw%buckets] += v
	}
	if count == 0 {
		return sums, "none"
	}
	return sums, fmt.Sprintf("%d of %d, %s, %x", count, b.count, first, odd.Sum(nil)[:4])
}
