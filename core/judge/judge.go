package judge

import (
	"cmp"
	"fmt"
	"math"

	"github.com/assay-bench/assay/core/stats"
)

// Judge gives one judgement per guardrail, case and variant, in that order. It
// fails on data that no verdict can come from: NaN, infinities, impossible
// guardrails or a plan without looks. Missing rounds are not an error, they
// make a verdict inconclusive or invalid.
func Judge(p Plan, guardrails []Guardrail, cases []Case) ([]Judgement, error) {
	tests, err := collect(p, guardrails, cases)
	if err != nil {
		return nil, err
	}
	p.Claims = max(p.Claims, claims(tests))
	if err := holm(p, tests); err != nil {
		return nil, err
	}
	return conclude(p, tests)
}

// test is one claim on its way to a judgement.
type test struct {
	g       Guardrail
	c       Case
	arm     Arm
	look    int
	control controlReading // of relative guardrails that need rounds
	trouble trouble
	lost    *Lack        // why the control has no rounds, or no more, where that is known
	sample  stats.Sample // nil without rounds, and of what is judged as it is
	// Level of the claims "no loss beyond the margin" and "a loss", or "inside"
	// and "outside".
	alphaPass, alphaFail float64
}

// newSample is what rounds say of a ratio, of a value, or of the difference
// between two sessions.
func newSample(p Plan, g Guardrail, a Arm) (stats.Sample, error) {
	switch {
	case g.Absolute():
		return nonempty(stats.NewUnpaired, p.used(a.Values))
	case g.Against == "":
		return nonempty(stats.NewPaired, p.used(a.LogRatios))
	case a.Beside == "":
		return apart(stats.NewUnpaired, p.used(a.LogRatios), a.Stored)
	}
	return apart(stats.NewPaired, p.used(a.LogRatios), a.Stored)
}

// nonempty makes no sample of no rounds.
func nonempty[S stats.Sample](of func([]float64) (S, error), d []float64) (stats.Sample, error) {
	if len(d) == 0 {
		return nil, nil
	}
	return of(d)
}

func apart[S stats.Sample](of func([]float64) (S, error), now, then []float64) (stats.Sample, error) {
	first, err := nonempty(of, now)
	if err != nil || first == nil {
		return nil, err
	}
	second, err := nonempty(of, then)
	if err != nil || second == nil {
		return nil, err
	}
	return stats.NewDifference(first, second), nil
}

// claims counts the tests that share the error.
func claims(tests []test) (n int) {
	for _, t := range tests {
		if !t.g.AsIs() {
			n++
		}
	}
	return n
}

// collect pairs guardrails with the arms they are about. A guardrail whose
// phase or variant a case lacks still gets a test, an empty one.
func collect(p Plan, guardrails []Guardrail, cases []Case) ([]test, error) {
	if len(p.Looks) == 0 {
		return nil, fmt.Errorf("plan: no looks; make it with NewPlan")
	}
	var out []test
	for _, g := range guardrails {
		if err := g.check(); err != nil {
			return nil, err
		}
		if g.OnFail == "" {
			g.OnFail = OnFailFail
		}
		for _, c := range cases {
			if !g.Asks(c.ID) {
				continue
			}
			more, err := testsOf(p, g, c)
			if err != nil {
				return nil, fmt.Errorf("case %q, %s: %w", c.ID, g.named(), err)
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

func (g Guardrail) named() string {
	if g.Metric != "" {
		return fmt.Sprintf("metric %q", g.Metric)
	}
	return fmt.Sprintf("phase %q", g.Phase)
}

// testsOf are those of one guardrail in one case.
func testsOf(p Plan, g Guardrail, c Case) ([]test, error) {
	k, q := p.lookAt(c.rounds()), c.of(g)
	var control controlReading
	var err error
	if !g.Absolute() && !g.AsIs() {
		if q.Control.Lacks != nil {
			q.Control.LogRatios = nil
		}
		if control, err = readControl(p, g, k, q.Control); err != nil {
			return nil, err
		}
	}
	var out []test
	for _, a := range arms(g, q) {
		t := test{g: g, c: c, arm: a, look: k, control: control, lost: cmp.Or(q.Control.Lacks, q.Control.Ended)}
		if !g.Absolute() && !g.AsIs() {
			t.trouble = control.check(g)
		}
		if g.AsIs() {
			if err := finite(a.Values); err != nil {
				return nil, fmt.Errorf("variant %q: %w", a.Name, err)
			}
		} else if a.Lacks == nil {
			if t.sample, err = newSample(p, g, a); err != nil {
				return nil, fmt.Errorf("variant %q: %w", a.Name, err)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func finite(values []float64) error {
	for _, x := range values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("a value is %v", x)
		}
	}
	return nil
}

func arms(g Guardrail, q Quantity) []Arm {
	if g.Variant == "" && len(q.Variants) > 0 {
		return q.Variants
	}
	if g.Absolute() && g.Variant != "" && g.Variant == q.Baseline.Name {
		return []Arm{q.Baseline}
	}
	for _, a := range q.Variants {
		if a.Name == g.Variant {
			return []Arm{a}
		}
	}
	return []Arm{{Name: g.Variant}}
}

// unusable says that no verdict may come from the case. What is exact does not
// hang on times.
func (t test) unusable() bool { return t.c.Unusable != nil && !t.g.Exact }

// nothing says that there is nothing to judge.
func (t test) nothing() bool {
	return t.arm.Lacks != nil || t.sample == nil && !(t.g.AsIs() && len(t.arm.Values) > 0)
}

// answerable says that the test's rounds may support a verdict.
func (t test) answerable() bool {
	return !t.unusable() && t.sample != nil && (t.trouble == sound || t.trouble == noisy || t.trouble == biased)
}

func conclude(p Plan, tests []test) ([]Judgement, error) {
	out := make([]Judgement, len(tests))
	for i, t := range tests {
		j := Judgement{
			Guardrail: t.g.Name, Case: t.c.ID, Phase: t.g.Phase, Metric: t.g.Metric, Statistic: t.g.Statistic, Variant: t.arm.Name, Against: t.g.Against,
			AsIs: t.g.AsIs(), AlphaPass: t.alphaPass, AlphaFail: t.alphaFail,
			Look: t.look + 1, Looks: len(p.Looks),
			Final:  t.final(p),
			OnFail: t.g.OnFail, Control: t.control.Control,
		}
		if t.g.Absolute() {
			least, most, unit := t.g.bounds()
			j.Bound = &Bound{Min: least, Max: most, Unit: unit}
		}
		j.Verdict = t.verdict()
		if err := t.measure(p, &j); err != nil {
			return nil, err
		}
		j.Final = j.Final || j.Verdict == Pass || j.Verdict == Fail
		j.Win = j.Win && j.Verdict == Pass
		if o, accepts, _ := t.g.tradeoff(j); accepts && j.Verdict == Fail && t.g.OnFail == OnFailTradeoff {
			j.AcceptedByTradeoff, j.Tradeoff = true, o.Reason
		}
		explain(p, t, &j)
		out[i] = j
	}
	return out, nil
}

// measure fills in the numbers.
func (t test) measure(p Plan, j *Judgement) error {
	switch {
	case t.nothing():
		return nil
	case t.g.AsIs():
		t.measureAsIs(j)
		return nil
	case t.g.Absolute():
		return t.measureValue(j)
	}
	lo, hi, err := interval(t.sample, t.alphaPass, t.alphaFail)
	if err != nil {
		return err
	}
	lo.Value -= t.charge()
	hi.Value += t.charge()
	j.Rounds, j.Estimate = t.sample.N(), ratio(t.sample.Estimate())
	j.Lower, j.Upper = limit(lo), limit(hi)
	j.MedianRatio = ptr(t.arm.MedianRatio)
	if t.arm.MedianRatio == 0 {
		j.MedianRatio = ratio(stats.Median(p.used(t.arm.LogRatios)))
	}
	win, err := t.sample.Lower(p.share(t.look))
	j.Win = win.Value-t.charge() > 0 && t.sample.Estimate() >= t.g.leastGain()
	return err
}

// verdict is the rule itself, on p-values so that it agrees with the levels that
// Holm's procedure gave.
func (t test) verdict() Verdict {
	switch {
	case t.unusable():
		return Invalid
	case t.nothing() && (t.arm.Lacks == nil || !t.arm.Lacks.Invalid):
		return Inconclusive
	case t.nothing():
		return Invalid
	case t.g.AsIs():
		return t.verdictAsIs()
	case !t.answerable():
		return Invalid
	}
	pass, fail := t.ps()
	doubtful := t.trouble != sound
	switch {
	case doubtful && fail <= t.alphaFail:
		return Fail
	case pass <= t.alphaPass:
		return Pass
	case doubtful:
		return Invalid
	case fail <= t.alphaFail && (t.g.Absolute() || t.sample.Estimate() <= t.g.passLine()):
		return Fail
	}
	return Inconclusive
}

// final says that the plan holds no further look that could change the verdict.
func (t test) final(p Plan) bool {
	last := len(p.Looks) - 1
	return t.unusable() || t.c.rounds() >= p.Looks[last].Rounds || t.hopeless(p)
}
