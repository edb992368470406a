package msl

import "github.com/agext/levenshtein"

// longestNear bounds the words that are compared: those of a source can be long.
const longestNear = 64

// nearAttribute ends an error about an attribute that a kernel argument cannot
// have: the one that is meant, if one is spelled like it.
func nearAttribute(name string) string {
	known := append(Positions(), "buffer", "threadgroup", "function_constant")
	if len(name) > longestNear {
		known = nil
	}
	best, least := "", 0
	for _, k := range known {
		d := levenshtein.Distance(name, k, nil)
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
