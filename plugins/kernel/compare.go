package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/sdk"
)

// compare holds an output against what it should be: the largest difference,
// relative to the largest value there. What is not finite must be the same.
func compare(name string, b *buffer, got []byte, of *element, want []byte, whose string) sdk.Check {
	var worst, top float64
	place := -1
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
			d = math.Inf(1)
		}
		if d > worst {
			worst, place = d, i
		}
	}
	if top > 0 {
		worst /= top
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
// What is not finite is left out, and counted in marks.
func sketch(seed uint64, b *buffer, data []byte) (sums []float64, marks string) {
	rng := generator(seed, "sketch "+b.name)
	sums = make([]float64, buckets)
	odd := sha256.New()
	for i := range b.count {
		v, draw := b.element.at(data, i), rng.Uint64()
		if !finite(v) {
			fmt.Fprintln(odd, i, v)
			continue
		}
		if draw>>63 == 1 {
			v = -v
		}
		sums[draw%buckets] += v
	}
	return sums, hex.EncodeToString(odd.Sum(nil))
}
