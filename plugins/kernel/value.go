package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal/mlxkernel"
)

// parse reads one number of the type. bits are those of a whole number.
func (e *element) parse(text string) (v float64, bits uint64, err error) {
	text = strings.TrimSpace(text)
	switch e.class {
	case boolean:
		switch text {
		case "true", "1":
			return 1, 1, nil
		case "false", "0":
			return 0, 0, nil
		}
		return 0, 0, fmt.Errorf("%q is neither true nor false", text)
	case floating:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(v, 0) {
			return 0, 0, fmt.Errorf("%q is not a number", text)
		}
		if err != nil || !math.IsInf(v, 0) && math.Abs(v) > e.largest() {
			return 0, 0, fmt.Errorf("%s is out of the range of %s, whose largest value is %g", text, mlxkernel.Type(e.name), e.largest())
		}
		return v, 0, nil
	}
	return e.parseWhole(text)
}

func (e *element) parseWhole(text string) (v float64, bits uint64, err error) {
	low, high := e.bounds()
	out := fmt.Errorf("%s is out of the range of %s, %.0f to %.0f", text, mlxkernel.Type(e.name), low, high)
	if e.class == unsigned {
		u, err := strconv.ParseUint(text, 10, 8*e.size)
		if err == nil {
			return float64(u), u, nil
		}
	} else if i, err := strconv.ParseInt(text, 10, 8*e.size); err == nil {
		return float64(i), uint64(i), nil
	}
	f, ferr := strconv.ParseFloat(text, 64)
	switch {
	case ferr != nil && !math.IsInf(f, 0):
		return 0, 0, fmt.Errorf("%q is not a number", text)
	case f != math.Trunc(f):
		return 0, 0, fmt.Errorf("%s is not a whole number, as %s must be", text, mlxkernel.Type(e.name))
	}
	return 0, 0, out
}

// encode writes numbers in a type's layout. A type of several scalars takes as
// many numbers, and an array of one type any number.
func (l layout) encode(numbers []string) ([]byte, error) {
	if len(numbers) != len(l.scalars) {
		return nil, fmt.Errorf("%d values are given, and the type has %d", len(numbers), len(l.scalars))
	}
	data := make([]byte, l.size)
	for i, s := range l.scalars {
		v, bits, err := s.parse(numbers[i])
		if err != nil {
			return nil, err
		}
		if s.class == floating {
			s.put(data[s.offset:], 0, v)
		} else {
			s.putWhole(data[s.offset:], bits)
		}
	}
	return data, nil
}
