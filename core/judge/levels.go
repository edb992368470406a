package judge

import (
	"math"

	"github.com/assay-bench/assay/core/stats"
)

// ps are the p-values of the claims of a pass and of a fail.
func (t test) ps() (pass, fail float64) {
	switch {
	case t.g.Absolute():
		return t.pInside(), t.pOutside()
	case t.trouble == noisy || t.trouble == biased:
		return t.pAbove(), t.pBeyond()
	}
	return t.pPass(), t.pFail()
}

// charge is what both bounds of a variant are widened by for the control's bias.
func (t test) charge() float64 {
	if t.trouble == biased {
		return biasFactor * t.control.bias
	}
	return t.control.bias
}

// p-values of the two claims. A bias of the control is charged to both.
func (t test) pPass() float64 { return t.sample.PGreater(t.g.passLine() + t.charge()) }
func (t test) pFail() float64 { return t.sample.PLess(t.g.failLine() - t.charge()) }

// doubtShare is the part of the error that a verdict beside a noisy or a biased
// control may use. A machine too noisy to rule out a small loss may still prove
// a large one, or a gain, but its distribution is trusted less, so the proof must
// be five times as hard: no verdict from six rounds that happened to fall on one
// side.
const doubtShare = 0.2

// pBeyond is the p-value of the claim that the loss exceeds the margin, made
// beside a noisy or a biased control.
func (t test) pBeyond() float64 {
	return math.Min(1, t.sample.PLess(t.g.passLine()-t.charge())/doubtShare)
}

// pAbove is the p-value of the claim that there is no loss at all, made beside a
// noisy or a biased control.
func (t test) pAbove() float64 {
	return math.Min(1, t.sample.PGreater(t.g.failLine()+t.charge())/doubtShare)
}

// holm sets the levels of all tests that share the error; see the package
// comment.
func holm(p Plan, tests []test) error {
	alpha := 1 - p.Confidence
	var pass, fail []float64
	var at []int
	for i, t := range tests {
		if t.g.AsIs() {
			continue
		}
		pp, pf := 1.0, 1.0
		if t.answerable() {
			scale := alpha / p.Looks[t.look].Alpha
			pp, pf = t.ps()
			pp, pf = math.Min(1, pp*scale), math.Min(1, pf*scale)
		}
		pass, fail, at = append(pass, pp), append(fail, pf), append(at, i)
	}
	passed, err := stats.Holm(pass, p.Claims, alpha)
	if err != nil {
		return err
	}
	failed, err := stats.Holm(fail, p.Claims, alpha)
	if err != nil {
		return err
	}
	for k, i := range at {
		share := p.Looks[tests[i].look].Alpha / alpha
		tests[i].alphaPass, tests[i].alphaFail = passed[k].Alpha*share, failed[k].Alpha*share
	}
	return nil
}

// bonferroni sets the plain share, for use while other cases are not measured.
func bonferroni(p Plan, tests []test) {
	for i := range tests {
		if !tests[i].g.AsIs() {
			a := p.share(tests[i].look)
			tests[i].alphaPass, tests[i].alphaFail = a, a
		}
	}
}
