package judge

import (
	"math"
	"slices"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/stats"
)

// interval is what a reading says of a number, and the level of its bounds. ok is
// false where it has no value at all.
func (p Plan) interval(n Number, r Reading, baseline bool) (i expr.Interval, alpha float64, trouble why, ok bool) {
	if baseline && n.Root == expr.Ratio {
		return expr.Exactly(1), 0, trouble, true
	}
	if l := r.Arm.Lacks; l != nil {
		return i, 0, why{l.Reason, l.Invalid}, false
	}
	if values := r.Arm.Values; len(values) > 0 && (n.Exact || n.mayBeKnown() && slices.Min(values) == slices.Max(values)) {
		return expr.Interval{Estimate: stats.Median(values), Lower: slices.Min(values), Upper: slices.Max(values)}, 0, trouble, true
	}
	data := p.used(r.Arm.Values)
	if n.Root == expr.Ratio {
		data = p.used(r.Arm.LogRatios)
	}
	if len(data) == 0 {
		return i, 0, why{text: "nothing was measured of it"}, false
	}
	b := bounded{Number: n, alpha: assertShare * p.share(p.lookAt(r.Rounds))}
	if err := b.read(p, r, data); err != nil {
		return i, 0, why{err.Error(), true}, false
	}
	return b.scaled(), b.alpha, b.why, true
}

// mayBeKnown says that a number is one where all rounds agree on it. Times agree
// by chance alone.
func (n Number) mayBeKnown() bool { return n.Root == expr.Metric || n.Root == expr.Baseline }

// assertShare is the part of a claim's error that a bound of an assert may use.
// Noise alone makes a guardrail fail only where the estimate is beyond the margin
// too. A condition has no margin, and both of its answers are wrong where there is
// nothing: with a tenth either way, an assert on noise is answered in at most 1 %
// of experiments.
const assertShare = 0.1

// bounded is a noisy number with the bounds that rounds give. Those of a ratio are
// log-ratios.
type bounded struct {
	Number
	expr.Interval
	alpha float64
	why
}

// read makes the bounds. There is no margin that the control could be held
// against: its noise is in the interval already, and biasFactor times the bias
// that it proves is charged. A bias that would be too much for a guardrail as it
// is usually written makes the number doubtful, so that the proof must be harder
// too.
func (b *bounded) read(p Plan, r Reading, data []float64) error {
	var s stats.Sample
	var err error
	if b.Root == expr.Ratio {
		s, err = stats.NewPaired(data)
	} else {
		s, err = stats.NewUnpaired(data)
	}
	if err != nil {
		return err
	}
	b.Interval = expr.Interval{Estimate: s.Estimate(), Lower: math.Inf(-1), Upper: math.Inf(1)}
	if r.Unusable != "" {
		b.why = why{r.Unusable, true}
		return nil
	}
	charge := 0.0
	if b.Root == expr.Ratio || b.Root == expr.Rate {
		control, err := readControl(p, Guardrail{}, p.lookAt(r.Rounds), r.Control)
		if err != nil {
			return err
		}
		b.why.text = control.doubts()
		switch {
		case b.why.text != "" && !(b.Root == expr.Ratio && control.Excludes):
			return nil // no bounds
		case b.why.text != "":
			b.alpha *= doubtShare
		}
		if b.Root == expr.Ratio {
			charge = biasFactor * control.bias
		}
	}
	lo, hi, err := interval(s, b.alpha, b.alpha)
	if err != nil {
		return err
	}
	b.Lower, b.Upper = lo.Value-charge, hi.Value+charge
	return nil
}

// scaled turns log-ratios into ratios. Neither a ratio nor a rate is below 0.
func (b *bounded) scaled() expr.Interval {
	i := b.Interval
	switch b.Root {
	case expr.Ratio:
		return expr.Interval{Estimate: math.Exp(i.Estimate), Lower: math.Exp(i.Lower), Upper: math.Exp(i.Upper)}
	case expr.Rate:
		i.Lower = math.Max(i.Lower, 0)
	}
	return i
}

// usual is a guardrail as most are written. It says how much bias is too much where
// there is no margin.
var usual = Guardrail{Margin: 0.01}

// doubts says what is wrong with the control where there is no margin; empty:
// nothing.
func (c controlReading) doubts() string {
	switch wrong := c.check(usual); wrong {
	case sound, noisy:
		return ""
	default:
		return c.fault(wrong, "the baseline")
	}
}
