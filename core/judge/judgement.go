package judge

// A Judgement is the answer of one guardrail for one variant of one case.
// Ratios say how many times better than the baseline: a speed of 0.95 is 5 %
// slower.
type Judgement struct {
	Guardrail string `json:"guardrail"`
	Case      string `json:"case"`
	// Phase, Metric and Statistic are the guardrail's.
	Phase     string `json:"phase"`
	Metric    string `json:"metric,omitempty"`
	Statistic string `json:"statistic,omitempty"`
	Variant   string `json:"variant"`
	// Against is the guardrail's stored baseline. Ratios are then against the
	// variant as it was in that session.
	Against string  `json:"against,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Bound of the value itself. Estimate, Lower and Upper are then values in its
	// unit; without one they are ratios.
	Bound *Bound `json:"bound,omitempty"`
	// AsIs says that no rounds and no share of the error were needed: Lower and
	// Upper are the least and the most of the values.
	AsIs bool `json:"as_is,omitempty"`
	// Final is false while the plan has another look: the session adds rounds,
	// and the verdict may change.
	Final bool `json:"final"`

	// Estimate is the Hodges–Lehmann estimate, nil without rounds.
	Estimate *float64 `json:"estimate"`
	// Lower and Upper are the one-sided bounds at AlphaPass and AlphaFail, the
	// control's bias already charged; where the bound is an upper one, at AlphaFail
	// and AlphaPass. Nil: too few rounds for a bound.
	Lower *float64 `json:"lower"`
	Upper *float64 `json:"upper"`
	// MedianRatio is the plain multi-run median ratio, nil without rounds.
	MedianRatio *float64 `json:"median_ratio"`
	// AlphaPass and AlphaFail are the levels after looks and Holm.
	AlphaPass float64 `json:"alpha_pass"`
	AlphaFail float64 `json:"alpha_fail"`
	// Rounds that the verdict uses.
	Rounds int `json:"rounds"`
	// Look is the look that the verdict belongs to, from 1; Looks the planned
	// number.
	Look  int `json:"look"`
	Looks int `json:"looks"`
	// Win says that a gain over the baseline is proven, and large enough to be
	// claimed: the lower bound is above 1 at the level of the plain share of all
	// claims, and the estimate at or above the guardrail's min_gain.
	Win bool `json:"win"`

	OnFail OnFail `json:"on_fail"`
	// AcceptedByTradeoff says that this fail stands beside a written trade-off
	// that accepts it; Tradeoff is its reason.
	AcceptedByTradeoff bool   `json:"accepted_by_tradeoff"`
	Tradeoff           string `json:"tradeoff,omitempty"`

	Control Control `json:"control"`

	// Rule is the rule with its numbers, Reason why it gave this verdict, Next
	// what to do. Each is a sentence or two for a person.
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	Next   string `json:"next"`
}

// A Bound is what an absolute guardrail demands of the value.
type Bound struct {
	Min  *float64 `json:"min,omitempty"`
	Max  *float64 `json:"max,omitempty"`
	Unit string   `json:"unit"`
}

// Of names the quantity: decode, p99 of decode, peak_device_bytes.
func (j Judgement) Of() string { return quantityName(j.Phase, j.Metric, j.Statistic) }

// Speed says that the judgement is about a phase's speed against the baseline.
func (j Judgement) Speed() bool {
	return j.Phase != "" && j.Bound == nil && j.Against == "" && (j.Statistic == "" || j.Statistic == Fastest)
}

// Blocks says that this judgement makes the experiment fail.
func (j Judgement) Blocks() bool {
	return j.Verdict == Fail && j.OnFail != OnFailWarn && !j.AcceptedByTradeoff
}

// Weighs is what this judgement adds to the verdict of its experiment; empty for a
// warning, and for a fail that a trade-off accepts.
func (j Judgement) Weighs() Verdict {
	if j.OnFail == OnFailWarn || j.Verdict == Fail && !j.Blocks() {
		return ""
	}
	return j.Verdict
}

// Overall is the verdict of an experiment: fail when a judgement blocks or an
// assert fails, else invalid when one is, else inconclusive when one is, else
// pass. A guardrail with on_fail = "warn" never changes it.
func Overall(js []Judgement, asserts []AssertResult) Verdict {
	seen := map[Verdict]bool{}
	for _, j := range js {
		seen[j.Weighs()] = true
	}
	for _, a := range asserts {
		seen[a.Answer()] = true
	}
	for _, v := range []Verdict{Fail, Invalid, Inconclusive} {
		if seen[v] {
			return v
		}
	}
	return Pass
}
