package report

import (
	"fmt"
	"math"
	"time"

	"github.com/assay-bench/assay/core/judge"
)

// nanos renders a time per iteration with three significant digits.
func nanos(ns float64) string {
	switch {
	case ns <= 0:
		return "–"
	case ns < 1e3:
		return digits(ns) + " ns"
	case ns < 1e6:
		return digits(ns/1e3) + " µs"
	case ns < 1e9:
		return digits(ns/1e6) + " ms"
	}
	return digits(ns/1e9) + " s"
}

// digits renders x > 0 with at least three significant digits and no exponent.
func digits(x float64) string {
	decimals := 2 - int(math.Floor(math.Log10(x)))
	return fmt.Sprintf("%.*f", min(max(decimals, 0), 6), x)
}

func rate(perSecond float64, unit string) string {
	if perSecond <= 0 {
		return "–"
	}
	if unit == "" {
		unit = call
	}
	return judge.Amount(perSecond, unit+"/s")
}

// call is the unit of a phase whose iterations produce nothing else.
const call = "call"

func ratio(x float64) string { return fmt.Sprintf("%.3f×", x) }

// interval renders bounds, with a dash where this few rounds give one of them.
func interval(lo, hi *float64) string {
	if lo == nil && hi == nil {
		return "unknown"
	}
	return "[" + bound(lo) + ", " + bound(hi) + "]"
}

func bound(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *x)
}

// clock renders a duration as people say it: 8s, 1m20s, 1h05m.
func clock(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
