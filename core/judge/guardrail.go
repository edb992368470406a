package judge

import (
	"fmt"
	"math"
	"slices"
)

// OnFail says what a fail means for the experiment.
type OnFail string

// What a guardrail may say in on_fail.
const (
	OnFailFail     OnFail = "fail"
	OnFailWarn     OnFail = "warn"
	OnFailTradeoff OnFail = "require_tradeoff"
)

// A Guardrail asks one question of one quantity, in the cases in which its
// bounds are these. Relative: that a variant is not worse than MinRatio times
// the baseline by Margin or more. Absolute, where one of Min, Max, MinRate and
// MaxTime is set: that the value itself lies within them.
type Guardrail struct {
	Name string `json:"name"`
	// Phase is the phase whose speed is meant; empty: Metric is meant.
	Phase  string `json:"phase"`
	Metric string `json:"metric,omitempty"`
	// Statistic of a phase: fastest (the same as empty), or p50, p90, p99 or max
	// of single iterations. Of a metric: median (the same as empty), min or max.
	Statistic string `json:"statistic,omitempty"`
	// Unit of the metric, or what an iteration of the phase produces.
	Unit string `json:"unit,omitempty"`
	// Better is the direction of a metric, lower or higher; empty: not said.
	Better string `json:"better,omitempty"`
	// Exact says that the metric is a count or a size, the same in every round.
	Exact bool `json:"exact,omitempty"`
	// Variant is the variant meant; empty means each one.
	Variant string `json:"variant"`
	// Against names the stored baseline of a relative guardrail; empty: the live
	// baseline.
	Against string `json:"against,omitempty"`

	// MinRatio says how many times better than the baseline is asked for, above 0.
	MinRatio float64 `json:"min_ratio"`
	// Margin is the loss that may be overlooked, a fraction, 0 <= Margin < 1.
	// With 0 the control's noise floor is not compared with it.
	Margin float64 `json:"margin"`
	// MinGain is the estimated gain from which on a win is claimed, a fraction.
	MinGain float64 `json:"min_gain,omitempty"`

	Min     *float64 `json:"min,omitempty"`         // of a metric, in its unit
	Max     *float64 `json:"max,omitempty"`         // as Min
	MinRate *float64 `json:"min_rate,omitempty"`    // of a phase, units per second
	MaxTime int64    `json:"max_time_ns,omitempty"` // of a phase, per iteration

	// OnFail is OnFailFail when empty.
	OnFail OnFail `json:"on_fail"`
	// Cases are the ids of the cases in which it is asked; empty: all.
	Cases []string `json:"cases,omitempty"`
	// Tradeoffs are those written for this guardrail.
	Tradeoffs []Tradeoff `json:"-"`
}

// Statistics that a guardrail may ask of.
const (
	Fastest = "fastest"
	P50     = "p50"
	P90     = "p90"
	P99     = "p99"
	Median  = "median"
	Least   = "min"
	Most    = "max"
)

// SamplesFor is how many single iterations a round must have for a statistic of
// a phase: two are expected beyond it, and ten there are at least. The estimate
// from fewer is more often too high than too low (in up to 60 % of rounds), which
// enough rounds would turn into a fail.
func SamplesFor(statistic string) int {
	switch statistic {
	case P50:
		return 10
	case P90:
		return 20
	case P99:
		return 200
	}
	return 1
}

// Quantile is the share of single iterations at or below a statistic of a phase.
func Quantile(statistic string) float64 {
	switch statistic {
	case P50:
		return 0.5
	case P90:
		return 0.9
	case P99:
		return 0.99
	}
	return 1
}

// Asks says that the guardrail is about a case.
func (g Guardrail) Asks(caseID string) bool {
	return len(g.Cases) == 0 || slices.Contains(g.Cases, caseID)
}

// Absolute says that the bounds are on the value itself.
func (g Guardrail) Absolute() bool {
	return g.Min != nil || g.Max != nil || g.MinRate != nil || g.MaxTime != 0
}

// Single says that single iterations of the phase must be timed.
func (g Guardrail) Single() bool {
	return g.Phase != "" && g.Statistic != "" && g.Statistic != Fastest
}

// Speed says that the question is how fast a phase is against the live baseline,
// by its fastest samples. A [Phase] holds the data of these, a [Quantity] that of
// all others.
func (g Guardrail) Speed() bool {
	return g.Phase != "" && !g.Single() && !g.Absolute() && g.Against == ""
}

// AsIs says that the values need no rounds: they are exact, or the question is
// which of all values was the least or the most.
func (g Guardrail) AsIs() bool {
	return g.Metric != "" && (g.Exact || g.Absolute() && (g.Statistic == Least || g.Statistic == Most))
}

// Of names the quantity: decode, p99 of decode, peak_device_bytes.
func (g Guardrail) Of() string { return quantityName(g.Phase, g.Metric, g.Statistic) }

func quantityName(phase, metric, statistic string) string {
	name := phase + metric
	switch statistic {
	case "", Fastest, Median:
		return name
	}
	return statistic + " of " + name
}

// bounds of the value itself, nil where there is none, and their unit.
func (g Guardrail) bounds() (least, most *float64, unit string) {
	switch {
	case g.MinRate != nil:
		unit = g.Unit
		if unit == "" {
			unit = "call"
		}
		return g.MinRate, nil, unit + "/s"
	case g.MaxTime != 0:
		return nil, ptr(float64(g.MaxTime)), "ns"
	}
	return g.Min, g.Max, g.Unit
}

// passLine is the log-ratio that a pass must be proven to exceed.
func (g Guardrail) passLine() float64 { return g.failLine() - g.logMargin() }

// failLine is the log-ratio that a fail must be proven to be below.
func (g Guardrail) failLine() float64 { return math.Log(g.MinRatio) }

// logMargin is the margin as a log-ratio.
func (g Guardrail) logMargin() float64 { return -math.Log1p(-g.Margin) }

// mostBias of the control is what a verdict may be charged with, as a log-ratio.
func (g Guardrail) mostBias() float64 { return biasShare * g.logMargin() }

// leastGain is the log-ratio from which on an estimate is a win.
func (g Guardrail) leastGain() float64 { return math.Log1p(g.MinGain) }

func (g Guardrail) check() error {
	switch {
	case g.Absolute():
		least, most, _ := g.bounds()
		for _, b := range []*float64{least, most} {
			if b != nil && (math.IsNaN(*b) || math.IsInf(*b, 0)) {
				return fmt.Errorf("guardrail %q: a bound is %v, want a finite number", g.Name, *b)
			}
		}
	case !(g.MinRatio > 0) || math.IsInf(g.MinRatio, 0):
		return fmt.Errorf("guardrail %q: min_ratio is %v, want a number above 0", g.Name, g.MinRatio)
	case !(g.Margin >= 0 && g.Margin < 1):
		return fmt.Errorf("guardrail %q: margin is %v, want at least 0 and less than 1", g.Name, g.Margin)
	case !(g.MinGain >= 0) || math.IsInf(g.MinGain, 0):
		return fmt.Errorf("guardrail %q: min_gain is %v, want at least 0", g.Name, g.MinGain)
	}
	switch g.OnFail {
	case "", OnFailFail, OnFailWarn, OnFailTradeoff:
		return nil
	}
	return fmt.Errorf("guardrail %q: on_fail is %q, want %q, %q or %q", g.Name, g.OnFail, OnFailFail, OnFailWarn, OnFailTradeoff)
}
