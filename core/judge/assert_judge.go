package judge

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/expr"
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

// Answer judges one question with the bounds that the rounds give at the
// plain share of the error.
func Answer(p Plan, a Asked, read Read) AssertResult {
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
	same := cty.UnknownVal(cty.Bool).RefineNotNull()
	if a.SameKernels != nil {
		same = cty.BoolVal(*a.SameKernels)
	}
	scope.Variables["variant"] = cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(a.Of), "baseline": cty.BoolVal(a.Baseline), "same_kernels": same})
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
	out.Verdict, out.Hopeless = Inconclusive, len(out.Numbers) == 0
	if out.Hopeless && m.asked.SameKernels == nil {
		out.Message = out.Undecided + " is not known: the plugin does not say what it dispatched, or that was not the same throughout"
		return
	}
	out.Message = fmt.Sprintf("undecided after %d %s: %s", m.rounds, plural(m.rounds, "round"), out.Undecided)
	if s := out.Measured(); s != "" {
		out.Message += ", where " + s
	}
}
