// Package near finds names that are like a wrong one.
package near

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Names are the up to three of all names closest to one that is not among them,
// for the end of a message.
func Names(all []string, name string) string {
	away := make(map[string]int, len(all))
	for _, n := range all {
		away[n] = levenshtein.Distance(name, n, nil)
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b string) int { return away[a] - away[b] })
	return strings.Join(all[:min(3, len(all))], ", ")
}
