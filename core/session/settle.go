package session

import "github.com/assay-bench/assay/core/stats"

const (
	// trendWindows is how many of the last windows of a warm-up a trend is looked
	// for in: with fewer, noise hides a clock that rises steadily.
	trendWindows = 8
	// trendPairs is by how many pairs of windows the later one has to be faster
	// more often than the earlier one, of the 28 that there are, for a trend. Noise
	// alone comes to that in 14 of 100 (Kendall, Rank Correlation Methods, table 1).
	trendPairs = 10
	// warmupAgree is the gain from the first half of these windows to the last
	// below which a trend is too small to wait for.
	warmupAgree = 0.005
)

// settled says that a warm-up's windows, in nanoseconds per iteration, have
// stopped getting faster: the last ones show no trend (Mann, Econometrica 13,
// 1945), or one that is too small. It compares windows with each other and not
// with a fixed width, so that noise, however large, does not keep it from
// settling. Windows that get slower settle too: that is drift, which the order
// of the visits takes care of.
func settled(windows []float64) bool {
	if len(windows) < trendWindows {
		return false
	}
	last := lastWindows(windows)
	falls := 0
	for i := range last {
		for _, later := range last[i+1:] {
			switch {
			case later < last[i]:
				falls++
			case later > last[i]:
				falls--
			}
		}
	}
	half := trendWindows / 2
	return falls < trendPairs || stats.Median(last[:half])/stats.Median(last[half:])-1 <= warmupAgree
}

// lastWindows are those that a trend is looked for in, or all where they are fewer.
func lastWindows(windows []float64) []float64 {
	return windows[max(0, len(windows)-trendWindows):]
}

// warmTime is how long an iteration takes by the end of a warm-up.
func warmTime(windows []float64) float64 {
	return stats.Median(windows[max(0, len(windows)-trendWindows/2):])
}
