package judge

import (
	"fmt"
	"math"
	"slices"
)

// A Verdict is what a guardrail concludes.
type Verdict string

// The four verdicts.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	Invalid      Verdict = "invalid"
)

// OnFail says what a fail means for the experiment.
type OnFail string

// What a guardrail may say in on_fail.
const (
	OnFailFail     OnFail = "fail"
	OnFailWarn     OnFail = "warn"
	OnFailTradeoff OnFail = "require_tradeoff"
)

// A Guardrail demands that a variant's speed against the baseline in one phase
// is not below MinRatio by Margin or more.
type Guardrail struct {
	Name  string
	Phase string
	// Variant is the variant meant; empty means each one.
	Variant string
	// MinRatio is the speed t_baseline/t_variant asked for, above 0.
	MinRatio float64
	// Margin is the loss that may be overlooked, a fraction, 0 <= Margin < 1.
	// With 0 the control's noise floor is not compared with it.
	Margin float64
	// OnFail is OnFailFail when empty.
	OnFail OnFail
	// Cases are the ids of the cases in which it is asked; empty: all.
	Cases []string
	// Tradeoff is the reason written in the guardrail's tradeoff block, if any.
	Tradeoff string
}

// asks says that the guardrail is about a case.
func (g Guardrail) asks(caseID string) bool {
	return len(g.Cases) == 0 || slices.Contains(g.Cases, caseID)
}

// passLine is the log-ratio that a pass must be proven to exceed.
func (g Guardrail) passLine() float64 { return g.failLine() - g.logMargin() }

// failLine is the log-ratio that a fail must be proven to be below.
func (g Guardrail) failLine() float64 { return math.Log(g.MinRatio) }

// logMargin is the margin as a log-ratio.
func (g Guardrail) logMargin() float64 { return -math.Log1p(-g.Margin) }

func (g Guardrail) check() error {
	switch {
	case !(g.MinRatio > 0) || math.IsInf(g.MinRatio, 0):
		return fmt.Errorf("guardrail %q: min_ratio is %v, want a number above 0", g.Name, g.MinRatio)
	case !(g.Margin >= 0 && g.Margin < 1):
		return fmt.Errorf("guardrail %q: margin is %v, want at least 0 and less than 1", g.Name, g.Margin)
	}
	switch g.OnFail {
	case "", OnFailFail, OnFailWarn, OnFailTradeoff:
		return nil
	}
	return fmt.Errorf("guardrail %q: on_fail is %q, want %q, %q or %q", g.Name, g.OnFail, OnFailFail, OnFailWarn, OnFailTradeoff)
}

// A Case is one case's data.
type Case struct {
	ID string
	// Rounds that were run, whether or not every arm has a value in each. When
	// 0, the longest arm counts.
	Rounds int
	Phases []Phase
	// Unusable, when not empty, is the reason why no verdict may come from this
	// case, such as simulated times. Every verdict is then invalid.
	Unusable string
}

// A Phase is what was measured of one phase. Every variant has an Arm, an empty
// one when nothing came of it.
type Phase struct {
	Name     string
	Control  Arm
	Variants []Arm
}

// An Arm holds one variant's rounds in round order.
type Arm struct {
	// Name of the variant.
	Name string
	// LogRatios are ln(t_baseline/t_variant), one per round that has both:
	// above 0 the variant is faster. record.Round.LogRatio makes them.
	LogRatios []float64
	// MedianRatio is the plain multi-run median: the median over rounds of the
	// baseline's time divided by that of the variant's. When 0, the median of
	// LogRatios stands in.
	MedianRatio float64
}

// rounds is how many rounds the case had.
func (c Case) rounds() int {
	n := c.Rounds
	for _, p := range c.Phases {
		n = max(n, len(p.Control.LogRatios))
		for _, a := range p.Variants {
			n = max(n, len(a.LogRatios))
		}
	}
	return n
}

func (c Case) phase(name string) (Phase, bool) {
	for _, p := range c.Phases {
		if p.Name == name {
			return p, true
		}
	}
	return Phase{}, false
}
