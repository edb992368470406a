// Package near names kernels that are like one that is not there.
package near

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/assay-bench/assay/metal"
)

// NoKernel is the error of a source or device that does not have a kernel. It names
// up to three that it has, the closest first.
func NoKernel(source, name string, all []string) error {
	if len(all) == 0 {
		return fmt.Errorf("%s: %w: %q; it has no kernels", source, metal.ErrNoKernel, name)
	}
	away := make(map[string]int, len(all))
	for _, n := range all {
		away[n] = levenshtein.Distance(name, n, nil)
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b string) int { return away[a] - away[b] })
	return fmt.Errorf("%s: %w: %q; near names: %s", source, metal.ErrNoKernel, name, strings.Join(all[:min(3, len(all))], ", "))
}
