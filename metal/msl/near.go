package msl

import (
	"maps"
	"slices"
	"strings"
)

// Near ends an error about a kernel that the source does not have: it lists
// those of the same operation or whose names contain, or are contained in, what
// was asked for; else the first few.
func (u *Unit) Near(name string) string {
	names := u.Names()
	operation, _, _ := strings.Cut(name, "_")
	var near []string
	for _, n := range names {
		if strings.HasPrefix(n, operation) || strings.Contains(n, name) || strings.Contains(name, n) {
			near = append(near, n)
		}
	}
	if len(near) == 0 {
		near = names
	}
	if len(near) == 0 {
		return ": the source has no kernels"
	}
	if len(near) > 5 {
		near = append(near[:5:5], "...")
	}
	return "; there is " + strings.Join(near, ", ")
}

// nearAttribute ends an error about an attribute that a kernel argument cannot
// have: the one that is meant, if one is spelled like it.
func nearAttribute(name string) string {
	known := append(slices.Sorted(maps.Keys(positions)), "buffer", "threadgroup", "function_constant")
	best, least := "", 0
	for _, k := range known {
		d := distance(name, k)
		if near := 5*d <= 2*max(len(name), len(k)); near && (best == "" || d < least) {
			best, least = k, d
		}
	}
	if best == "" {
		return "; docs/metal-subset.md lists those that are"
	}
	if !positions[best] {
		best += "(n)"
	}
	return "; did you mean [[" + best + "]]?"
}

// distance counts the letters to insert, drop or replace between two words
// (Levenshtein). Words of a source can be long: beyond 64 letters nothing is near.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
