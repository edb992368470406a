package judge

// A Verdict is what a guardrail concludes.
type Verdict string

// The four verdicts.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	Invalid      Verdict = "invalid"
)

// A Case is one case's data.
type Case struct {
	ID string
	// Rounds that were run, whether or not every arm has a value in each. When
	// 0, the longest arm counts.
	Rounds int
	Phases []Phase
	// Others hold what guardrails ask of other quantities than the speed of a
	// phase.
	Others []Quantity
	// Interrupted says that the session ended before the case did, so that
	// resuming it measures what is missing.
	Interrupted bool
	// Unusable, when not nil, is why no verdict may come from this case, such as
	// simulated times. Every verdict is then invalid, but for those on exact
	// metrics.
	Unusable *Lack
}

// A Phase is what was measured of one phase. Every variant has an Arm, an empty
// one when nothing came of it.
type Phase struct {
	Name     string
	Control  Arm
	Variants []Arm
}

// A Quantity is what was measured of the quantity of one guardrail.
type Quantity struct {
	Guardrail string // its name
	Baseline  Arm    // of an absolute bound, which may be about it
	Control   Arm
	Variants  []Arm
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
	// Values of an absolute bound, one per round. Of a guardrail that is judged as
	// it is, all values that its verdict rests on: ratios where it is relative.
	Values []float64
	// Stored are the log-ratios, or logarithms of values, of the rounds of a stored
	// session, where the guardrail is against one.
	Stored []float64
	// Beside names the arm that both sessions have, against which the log-ratios
	// and Stored are; empty: none, and they are logarithms of the values
	// themselves, negative where less is better.
	Beside string
	// Lacks says why there is nothing to judge, where a reader would ask.
	Lacks *Lack
	// Ended says why no more rounds of the arm came or will come, nil while they
	// can. What it has is judged.
	Ended *Lack
}

// A Lack is why an arm has no rounds to judge, and what to do about it.
type Lack struct {
	Reason, Next string
	// Invalid: no number of rounds could change it. Else the verdict is
	// inconclusive.
	Invalid bool
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

// of is the data of a guardrail, empty where the case has none.
func (c Case) of(g Guardrail) Quantity {
	if g.Speed() {
		for _, p := range c.Phases {
			if p.Name == g.Phase {
				return Quantity{Control: p.Control, Variants: p.Variants}
			}
		}
		return Quantity{}
	}
	for _, q := range c.Others {
		if q.Guardrail == g.Name {
			return q
		}
	}
	return Quantity{}
}
