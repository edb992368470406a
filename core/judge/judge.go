package judge

import (
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
	p.Claims = max(p.Claims, len(tests))
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
	control controlReading
	trouble trouble
	sample  *stats.Paired // nil without rounds
	// Level of the claims "no loss beyond the margin" and "a loss".
	alphaPass, alphaFail float64
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
			if !g.asks(c.ID) {
				continue
			}
			k := p.lookAt(c.rounds())
			phase, _ := c.phase(g.Phase)
			control, err := readControl(p, k, phase.Control)
			if err != nil {
				return nil, fmt.Errorf("case %q, phase %q: %w", c.ID, g.Phase, err)
			}
			for _, a := range arms(g, phase) {
				t := test{g: g, c: c, arm: a, look: k, control: control, trouble: control.check(g)}
				if d := p.used(a.LogRatios); len(d) > 0 {
					if t.sample, err = stats.NewPaired(d); err != nil {
						return nil, fmt.Errorf("case %q, phase %q, variant %q: %w", c.ID, g.Phase, a.Name, err)
					}
				}
				out = append(out, t)
			}
		}
	}
	return out, nil
}

func arms(g Guardrail, p Phase) []Arm {
	if g.Variant == "" && len(p.Variants) > 0 {
		return p.Variants
	}
	for _, a := range p.Variants {
		if a.Name == g.Variant {
			return []Arm{a}
		}
	}
	return []Arm{{Name: g.Variant}}
}

// answerable says that the test's data may support a verdict.
func (t test) answerable() bool {
	return t.c.Unusable == "" && (t.trouble == sound || t.trouble == noisy) && t.sample != nil
}

// p-values of the two claims. A bias of the control is charged to both.
func (t test) pPass() float64 { return t.sample.PGreater(t.g.passLine() + t.control.bias) }
func (t test) pFail() float64 { return t.sample.PLess(t.g.failLine() - t.control.bias) }

// noisyShare is the part of the error that a verdict beside a noisy control may
// use. A machine too noisy to rule out a small loss may still prove a large one,
// or a gain, but its distribution is trusted less, so the proof must be five
// times as hard: no verdict from six rounds that happened to fall on one side.
const noisyShare = 0.2

// pBeyond is the p-value of the claim that the loss exceeds the margin, made
// beside a noisy control.
func (t test) pBeyond() float64 {
	return math.Min(1, t.sample.PLess(t.g.passLine()-t.control.bias)/noisyShare)
}

// pAbove is the p-value of the claim that there is no loss at all, made beside a
// noisy control.
func (t test) pAbove() float64 {
	return math.Min(1, t.sample.PGreater(t.g.failLine()+t.control.bias)/noisyShare)
}

// holm sets the levels of all tests; see the package comment.
func holm(p Plan, tests []test) error {
	alpha := 1 - p.Confidence
	pass, fail := make([]float64, len(tests)), make([]float64, len(tests))
	for i, t := range tests {
		pass[i], fail[i] = 1, 1
		if t.answerable() {
			scale := alpha / p.Looks[t.look].Alpha
			pass[i], fail[i] = math.Min(1, t.pPass()*scale), math.Min(1, t.pFail()*scale)
			if t.trouble == noisy {
				pass[i], fail[i] = math.Min(1, t.pAbove()*scale), math.Min(1, t.pBeyond()*scale)
			}
		}
	}
	passed, err := stats.Holm(pass, p.Claims, alpha)
	if err != nil {
		return err
	}
	failed, err := stats.Holm(fail, p.Claims, alpha)
	if err != nil {
		return err
	}
	for i := range tests {
		share := p.Looks[tests[i].look].Alpha / alpha
		tests[i].alphaPass, tests[i].alphaFail = passed[i].Alpha*share, failed[i].Alpha*share
	}
	return nil
}

// bonferroni sets the plain share, for use while other cases are not measured.
func bonferroni(p Plan, tests []test) {
	for i := range tests {
		a := p.share(tests[i].look)
		tests[i].alphaPass, tests[i].alphaFail = a, a
	}
}

func conclude(p Plan, tests []test) ([]Judgement, error) {
	out := make([]Judgement, len(tests))
	for i, t := range tests {
		j := Judgement{
			Guardrail: t.g.Name, Case: t.c.ID, Phase: t.g.Phase, Variant: t.arm.Name,
			AlphaPass: t.alphaPass, AlphaFail: t.alphaFail,
			Look: t.look + 1, Looks: len(p.Looks),
			Final:  t.final(p),
			OnFail: t.g.OnFail, Control: t.control.Control,
		}
		if err := t.measure(p, &j); err != nil {
			return nil, err
		}
		j.Verdict = t.verdict(j)
		j.Final = j.Final || j.Verdict == Pass || j.Verdict == Fail
		j.Win = j.Win && j.Verdict == Pass
		if j.Verdict == Fail && t.g.OnFail == OnFailTradeoff && t.g.Tradeoff != "" {
			j.AcceptedByTradeoff, j.Tradeoff = true, t.g.Tradeoff
		}
		explain(p, t, &j)
		out[i] = j
	}
	return out, nil
}

// measure fills in the numbers.
func (t test) measure(p Plan, j *Judgement) error {
	if t.sample == nil {
		return nil
	}
	lo, err := t.sample.Lower(t.alphaPass)
	if err != nil {
		return err
	}
	hi, err := t.sample.Upper(t.alphaFail)
	if err != nil {
		return err
	}
	lo.Value -= t.control.bias
	hi.Value += t.control.bias
	j.Rounds, j.Estimate = t.sample.N(), ratio(t.sample.Estimate())
	j.Lower, j.Upper = limit(lo), limit(hi)
	j.MedianRatio = ptr(t.arm.MedianRatio)
	if t.arm.MedianRatio == 0 {
		j.MedianRatio = ratio(stats.Median(p.used(t.arm.LogRatios)))
	}
	win, err := t.sample.Lower(p.share(t.look))
	j.Win = win.Value-t.control.bias > 0
	return err
}

// verdict is the rule itself, in log-ratios so that it agrees with the levels
// that Holm's procedure gave.
func (t test) verdict(j Judgement) Verdict {
	switch {
	case t.c.Unusable != "":
		return Invalid
	case t.sample == nil:
		return Inconclusive
	case t.trouble == noisy && t.pBeyond() <= j.AlphaFail:
		return Fail
	case t.trouble == noisy && t.pAbove() <= j.AlphaPass:
		return Pass
	case t.trouble != sound:
		return Invalid
	case t.pPass() <= j.AlphaPass:
		return Pass
	case t.pFail() <= j.AlphaFail && t.sample.Estimate() <= t.g.passLine():
		return Fail
	}
	return Inconclusive
}

// final says that the plan holds no further look that could change the verdict.
func (t test) final(p Plan) bool {
	last := len(p.Looks) - 1
	return t.c.Unusable != "" || t.c.rounds() >= p.Looks[last].Rounds || t.control.hopeless(p, t.look, t.g)
}
