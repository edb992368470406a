package judge

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/stats"
)

// controlAlpha is the chance, per experiment, that the control of a sound
// machine excludes 1. It is apart from the error of the guardrails and shared
// over the looks as theirs is, and evenly over both sides and all controls:
// without that, an experiment of many cases would lose some to chance every
// time. What gets through does little harm. A small bias is charged rather than
// condemned (see biasShare), and at an early look more rounds follow.
const controlAlpha = 0.05

// biasShare is the part of the margin that a proven bias of the control may eat
// up. Less is charged to the interval of every variant, more makes the verdict
// invalid. Without it the quietest machines, where a bias of 0.02 % can be
// proven, would be the ones that never get an answer.
const biasShare = 0.5

// A Control is what the A/A arm of one case and quantity says of the machine.
type Control struct {
	Rounds int `json:"rounds"`
	// Estimate of the control's speed against the baseline, which it is; nil
	// without rounds. Lower and Upper are its two-sided interval at the
	// control's own level; nil: too few rounds.
	Estimate *float64 `json:"estimate"`
	Lower    *float64 `json:"lower"`
	Upper    *float64 `json:"upper"`
	// NoiseFloor is the half-width of the control's interval at the guardrails'
	// level, as the loss that it is: a fraction of the speed, as a margin is (0.01
	// for 1 %). Nil: too few rounds.
	NoiseFloor *float64 `json:"noise_floor"`
	// Spread is the standard deviation of one round's log-ratio, which is what
	// planning needs.
	Spread float64 `json:"spread"`
	// Excludes says that the interval Lower…Upper excludes 1.
	Excludes bool `json:"excludes_one"`
}

// biasFactor is by how many times its bias a verdict beside a control with a
// larger one must exceed the line. The control shows the bias of one place, and
// that of another arm may be larger; a loss of half the speed is still one.
const biasFactor = 3

// A controlReading is a Control with what the rule needs of it, in log-ratios.
type controlReading struct {
	Control
	halfWidth float64 // as NoiseFloor
	bias      float64 // to charge: the far end of an interval that excludes 1
	rounds    int     // of this session
	then      struct {
		rounds    int     // of a stored session, 0 without one
		halfWidth float64 // its part of the whole
	}
}

// readControl reads the control of a relative guardrail. Against a stored session
// it is the difference of both sessions' controls, so that its half-width holds
// the noise of both.
func readControl(p Plan, g Guardrail, k int, a Arm) (controlReading, error) {
	var c controlReading
	s, err := newSample(p, g, a)
	if err != nil {
		return c, fmt.Errorf("control: %w", err)
	}
	if s == nil {
		return c, nil
	}
	c.Rounds, c.Spread, c.Estimate = s.N(), s.StdDev(), ratio(s.Estimate())
	c.rounds = c.Rounds
	if d, ok := s.(*stats.Difference); ok {
		now, then := d.Parts()
		c.rounds, c.then.rounds, c.then.halfWidth = now.N(), then.N(), halfWidth(then, sessionShare*p.share(k))
	}

	alpha := p.controlShare(p.Looks[k])
	lo, hi, err := interval(s, alpha, alpha)
	if err != nil {
		return c, fmt.Errorf("control: %w", err)
	}
	c.Lower, c.Upper = limit(lo), limit(hi)
	if lo.Value > 0 || hi.Value < 0 {
		c.Excludes, c.bias = true, math.Max(math.Abs(lo.Value), math.Abs(hi.Value))
	}

	if lo, hi, err = interval(s, p.share(k), p.share(k)); err != nil {
		return c, fmt.Errorf("control: %w", err)
	}
	if !lo.Open {
		c.halfWidth = (hi.Value - lo.Value) / 2
		c.NoiseFloor = ptr(AsLoss(c.halfWidth))
	}
	return c, nil
}

// AsLoss is the fraction of its speed that a program has lost at a log-ratio of
// -d, the unit of a margin.
func AsLoss(d float64) float64 { return -math.Expm1(-d) }

// trouble says why the control makes a guardrail's verdict invalid, if it does.
type trouble int

const (
	sound trouble = iota
	noControl
	tooFew
	noisy
	biased
)

func (c controlReading) check(g Guardrail) trouble {
	switch {
	case c.Rounds == 0:
		return noControl
	case c.Lower == nil || c.NoiseFloor == nil:
		return tooFew
	case c.Excludes && c.bias > g.mostBias():
		return biased
	case g.Margin > 0 && c.halfWidth > g.logMargin():
		return noisy
	}
	return sound
}

// fault is a trouble that is not the noise. of is what the control was held
// against.
func (c controlReading) fault(t trouble, of string) string {
	switch t {
	case noControl:
		return "no control was measured, so the noise of this machine is not known"
	case tooFew:
		return fmt.Sprintf("%d %s of the control %s too few for any bound at the level needed", c.Rounds, plural(c.Rounds, "round"), isOrAre(c.Rounds))
	}
	return fmt.Sprintf("the control is the baseline again, yet it measured %s of %s (%s): something in the set-up favours one arm",
		speed(*c.Estimate), of, between(c.Lower, c.Upper))
}

// hopelessFactor is by how much the noise floor expected at the last look must
// miss the margin for the rounds up to it to be saved. Eight rounds tell little
// of the floor when single rounds are far off, so this is generous.
const hopelessFactor = 2

// hopeless says that even the last planned look would leave the control's
// half-width far above the margin. The half-width of this session shrinks with the
// root of the rounds and grows with the level's quantile.
func (c controlReading) hopeless(p Plan, k int, g Guardrail) bool {
	if c.check(g) != noisy {
		return false
	}
	last := len(p.Looks) - 1
	z := math.Erfcinv(2*p.share(last)) / math.Erfcinv(2*p.share(k))
	own := c.halfWidth - c.then.halfWidth
	atEnd := c.then.halfWidth + own*z*math.Sqrt(float64(c.rounds)/float64(p.Looks[last].Rounds))
	return atEnd > hopelessFactor*g.logMargin()
}

// calm is how many rounds bring the half-width down to the margin, infinite where
// that of the stored session is above it already.
func (c controlReading) calm(g Guardrail) float64 {
	left := g.logMargin() - c.then.halfWidth
	if left <= 0 {
		return math.Inf(1)
	}
	return math.Ceil(float64(c.rounds) * math.Pow((c.halfWidth-c.then.halfWidth)/left, 2))
}

func interval(s stats.Sample, lower, upper float64) (lo, hi stats.Bound, err error) {
	if lo, err = s.Lower(lower); err != nil {
		return lo, hi, err
	}
	hi, err = s.Upper(upper)
	return lo, hi, err
}

// used drops what lies beyond the last planned look. A plan that was read may say of
// it that it comes after fewer rounds than none.
func (p Plan) used(d []float64) []float64 {
	return d[:max(0, min(len(d), p.Looks[len(p.Looks)-1].Rounds))]
}

func ptr(x float64) *float64 { return &x }

// ratio is finite, since a document cannot hold infinity.
func ratio(logRatio float64) *float64 { return ptr(math.Min(math.Exp(logRatio), math.MaxFloat64)) }

func limit(b stats.Bound) *float64 {
	if b.Open {
		return nil
	}
	return ratio(b.Value)
}
