package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/stats"
)

// A Reading is what the rounds of a case say of one number.
type Reading struct {
	Rounds int // of the case
	// Arm is the variant's, of baseline.metric the baseline's: log-ratios of a
	// ratio, values of what is no ratio. A ratio of an exact metric has values too.
	Arm     Arm
	Control Arm // of a ratio, and of a rate the phase's
	// Unusable, when not empty, is the reason why nothing that rests on times or on
	// noise has bounds here.
	Unusable string
}

// Read gives the readings that asserts need.
type Read func(caseID, variant string, n Number) Reading

// JudgeAssert answers one question with the bounds that the rounds give at the
// plain share of the error.
func JudgeAssert(p Plan, a Asked, read Read) AssertResult {
	out := AssertResult{Name: a.Name, Variant: a.Of, Known: map[expr.Ref]expr.Interval{}}
	if a.Over != "" {
		out.Cases = caseIDs(a.Places)
	}
	c, err := a.parse()
	if err != nil {
		return out.invalid("the condition cannot be evaluated: " + err.Error())
	}
	scope, err := a.scope()
	if err != nil {
		return out.invalid("the condition cannot be evaluated: " + err.Error())
	}
	m := measured{plan: p, asked: a, condition: c, values: map[expr.Ref]cty.Value{}, troubles: map[string]why{}}
	for _, pl := range a.Places {
		for _, n := range a.Numbers {
			m.add(pl, n, read, &out)
		}
	}
	truth, open, diags := c.Eval(expr.Scope(scope, m.values))
	switch {
	case diags.HasErrors():
		return out.invalid(m.noValue(diags))
	case truth == expr.True:
		out.Verdict, out.Passed = Pass, true
	case truth == expr.False:
		out.Verdict, out.Message = Fail, "the condition is false: "+out.Measured()
		if len(out.Numbers) == 0 {
			out.Message = "the condition is false"
		}
	default:
		out.Undecided = open.Text
		m.undecided(&out)
	}
	return out
}

func (r AssertResult) invalid(why string) AssertResult {
	r.Verdict, r.Passed, r.Message, r.Hopeless = Invalid, false, why, true
	return r
}

func (a Asked) parse() (*expr.Condition, error) {
	c, diags := expr.Parse(a.Condition, "condition", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return c, nil
}

// scope is what the condition may know beside what was measured.
func (a Asked) scope() (*hcl.EvalContext, error) {
	scope, err := expr.Known(a.Values)
	if err != nil {
		return nil, err
	}
	matrix := map[string]cty.Value{}
	for key, raw := range a.Places[0].Matrix {
		if key != a.Over {
			if matrix[key], err = expr.Decode(raw); err != nil {
				return nil, fmt.Errorf("matrix.%s: %w", key, err)
			}
		}
	}
	scope.Variables["matrix"] = cty.ObjectVal(matrix)
	scope.Variables["variant"] = cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(a.Of), "baseline": cty.BoolVal(a.Baseline)})
	return scope, nil
}

// measured are the numbers of one question.
type measured struct {
	plan      Plan
	asked     Asked
	condition *expr.Condition
	values    map[expr.Ref]cty.Value
	troubles  map[string]why // by the name of the number
	rounds    int
	lacking   []string // numbers without a value, and why
}

// why says what keeps a number from having a value, or bounds that count.
type why struct {
	text     string // empty: nothing
	hopeless bool   // more rounds would not help
}

func (m *measured) add(pl Place, n Number, read Read, out *AssertResult) {
	ref := expr.Ref{At: m.asked.key(pl), Root: n.Root, Name: n.Name}
	of := m.asked.Of
	if n.Root == expr.Baseline {
		of = pl.Baseline
	}
	r := read(pl.Case, of, n)
	m.rounds = max(m.rounds, r.Rounds)
	i, alpha, trouble, ok := m.plan.interval(n, r, m.asked.Baseline)
	used := slices.ContainsFunc(expr.Uses(m.condition.Variables()), func(u expr.Use) bool { return ref.Is(u.Ref) })
	switch {
	case !ok && used:
		m.lacking = append(m.lacking, ref.String()+": "+trouble.text)
	case ok:
		m.values[ref] = i.Value()
		out.Known[ref] = i
	}
	if !ok || !used {
		return
	}
	m.troubles[ref.String()] = trouble
	out.Numbers = append(out.Numbers, AssertNumber{Name: ref.String(), Estimate: ptr(i.Estimate), Lower: finiteOr(i.Lower), Upper: finiteOr(i.Upper), Alpha: alpha})
}

func finiteOr(x float64) *float64 {
	if math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// noValue says why a condition has no value.
func (m *measured) noValue(diags hcl.Diagnostics) string {
	if len(m.lacking) > 0 {
		return strings.Join(m.lacking, "; ")
	}
	d := diags.Errs()[0]
	return "the condition has no value: " + d.Error()
}

// undecided says what is missing for an answer.
func (m *measured) undecided(out *AssertResult) {
	for _, n := range out.Numbers {
		if w := m.troubles[n.Name]; w.text != "" {
			*out = out.invalid(w.text)
			out.Hopeless = w.hopeless
			return
		}
	}
	out.Verdict = Inconclusive
	out.Message = fmt.Sprintf("undecided after %d %s: %s", m.rounds, plural(m.rounds, "round"), out.Undecided)
	if s := out.Measured(); s != "" {
		out.Message += ", where " + s
	}
}

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
	lo, err := s.Lower(b.alpha)
	if err != nil {
		return err
	}
	hi, err := s.Upper(b.alpha)
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

// usualMargin of a guardrail, which says how much bias is too much where there is
// none.
const usualMargin = 0.01

// doubts says what is wrong with the control where there is no margin; empty:
// nothing.
func (c controlReading) doubts() string {
	if c.Excludes && c.bias <= biasShare*(Guardrail{Margin: usualMargin}).logMargin() {
		return ""
	}
	switch c.check(Guardrail{}) {
	case noControl:
		return "no control was measured, so the noise of this machine is not known"
	case tooFew:
		return fmt.Sprintf("%d rounds of the control are too few for any bound at the level needed", c.Rounds)
	case biased:
		return fmt.Sprintf("the control is the baseline again, yet it measured %s of the baseline (%s): something in the set-up favours one arm",
			speed(*c.Estimate), between(c.Lower, c.Upper))
	}
	return ""
}
