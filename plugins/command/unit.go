package main

import (
	"fmt"
	"slices"
	"strings"
)

// unit says how a figure becomes a time.
type unit struct {
	scale float64 // nanoseconds of 1, for a time
	rate  bool    // the figure counts iterations in a second
	per   string  // what one iteration is: "run", or the unit before "/s"
}

// times are nanoseconds by unit.
var times = map[string]float64{"s": 1e9, "ms": 1e6, "us": 1e3, "µs": 1e3, "ns": 1}

// readUnit knows times ("ms"), times of one thing ("ms/tok") and rates
// ("tok/s"). ok is false for any other unit.
func readUnit(text string) (u unit, ok bool) {
	if scale, ok := times[text]; ok {
		return unit{scale: scale, per: "run"}, true
	}
	left, right, slash := strings.Cut(text, "/")
	if !slash || left == "" || right == "" || strings.Contains(right, "/") {
		return unit{}, false
	}
	scale, leftIsTime := times[left]
	switch _, rightIsTime := times[right]; {
	case right == "s" && !leftIsTime:
		return unit{rate: true, per: left}, true
	case leftIsTime && !rightIsTime:
		return unit{scale: scale, per: right}, true
	}
	return unit{}, false
}

// spellings of times that other tools write.
var spellings = map[string]string{
	"sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "msecs": "ms", "millis": "ms", "milliseconds": "ms",
	"usec": "us", "usecs": "us", "micros": "us", "microseconds": "us", "nsec": "ns", "nsecs": "ns", "nanos": "ns", "nanoseconds": "ns",
}

// meantUnit is the unit that another spelling stands for; empty: none.
func meantUnit(text string) string {
	parts := strings.Split(text, "/")
	for i, p := range parts {
		if s, ok := spellings[strings.ToLower(p)]; ok {
			parts[i] = s
		}
	}
	meant := strings.Join(parts, "/")
	if _, ok := readUnit(meant); !ok || meant == text {
		return ""
	}
	return meant
}

// ns is the time of one iteration.
func (u unit) ns(figure float64) float64 {
	if u.rate {
		return 1e9 / figure
	}
	return figure * u.scale
}

const unitsOfPhases = `a time ("s", "ms", "us", "ns"), a time of one thing ("ms/tok") or a rate ("tok/s", or anything else with "/s")`

// leastTime is how long a sample must be, in nanoseconds, to be told in whole
// nanoseconds to within 0.01 %.
const leastTime = 1e4

// batch is how many iterations one sample stands for: one, or the power of ten
// that makes a figure of so many nanoseconds long enough.
func batch(ns float64) int {
	n := 1
	for float64(n)*ns < leastTime && n < 1e9 {
		n *= 10
	}
	return n
}

// quote joins names for a message, in order.
func quote[V any](names map[string]V) string {
	list := make([]string, 0, len(names))
	for name := range names {
		list = append(list, fmt.Sprintf("%q", name))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
