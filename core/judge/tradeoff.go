package judge

import "slices"

// A Tradeoff accepts fails of a guardrail, with a reason in writing.
type Tradeoff struct {
	Guardrail string   `json:"guardrail"`
	Reason    string   `json:"reason"`
	Variant   string   `json:"variant"`            // empty: every variant
	Cases     []string `json:"cases,omitempty"`    // empty: all
	MaxLoss   *float64 `json:"max_loss,omitempty"` // largest loss accepted, a fraction; nil: any
}

func (o Tradeoff) covers(caseID, variant string) bool {
	return (o.Variant == "" || o.Variant == variant) && (len(o.Cases) == 0 || slices.Contains(o.Cases, caseID))
}

// least is the ratio below which the lower bound of an accepted fail may not be.
func (o Tradeoff) least(g Guardrail) float64 { return g.MinRatio * (1 - *o.MaxLoss) }

// tradeoff is the one that covers a fail. accepts is false where the loss may be
// larger than it allows.
func (g Guardrail) tradeoff(j Judgement) (o Tradeoff, accepts, found bool) {
	for _, o := range g.Tradeoffs {
		if o.covers(j.Case, j.Variant) {
			return o, o.MaxLoss == nil || j.Lower != nil && *j.Lower >= o.least(g), true
		}
	}
	return o, false, false
}
