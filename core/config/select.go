package config

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

var selectSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "maximize"}, {Name: "minimize"}, {Name: "where"}, {Name: "finalists"}, {Name: "rounds"}, {Name: "on_tie"},
}}

// mostFinalists of a second race.
const mostFinalists = 16

func (x *experiment) selection(b *hcl.Block) {
	content, diags := contentOf(b.Body, selectSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	s := Select{
		Name:      b.Labels[0],
		Finalists: r.integer("finalists", 3, 2, mostFinalists),
		Rounds:    r.integer("rounds", x.Measure.Rounds, 0, stats.MaxExact),
		OnTie:     r.oneOf("on_tie", TieNone, TieNone, TieFirst),
	}
	x.unique(r, b)
	most, least := content.Attributes["maximize"], content.Attributes["minimize"]
	switch {
	case most != nil && least != nil:
		r.fault(least.NameRange, "Two aims", "A select block has maximize or minimize, not both. Delete one of them.")
	case most == nil && least == nil:
		r.fault(b.DefRange, "No aim", "A select block needs maximize or minimize, such as maximize = ratio.PHASE.")
	}
	if most != nil {
		s.Maximize = most.Expr
		r.aim(x, most)
	}
	if least != nil {
		s.Minimize = least.Expr
		r.aim(x, least)
	}
	if aim := cmp.Or(most, least); aim != nil {
		s.Text, s.Exact = x.textOf(aim), x.exact(aim.Expr)
		s.Phase, s.Phases = x.speedOf(aim.Expr), x.timedIn(aim.Expr)
	}
	if attr := content.Attributes["where"]; attr != nil {
		s.Where = &judge.Assert{Name: s.Name}
		x.condition(r, attr, s.Where, nil)
	}
	x.Selects = append(x.Selects, s)
	x.diags = append(x.diags, r.diags...)
}

// textOf is an attribute's expression as its author wrote it.
func (x *experiment) textOf(attr *hcl.Attribute) string {
	at := attr.Expr.Range()
	f := x.resolver.module.files[at.Filename]
	if f == nil || !at.CanSliceBytes(f.Bytes) {
		return ""
	}
	return string(at.SliceBytes(f.Bytes))
}

// speedOf is the phase whose speed against the baseline an expression is, and
// nothing else; empty for any other.
func (x *experiment) speedOf(expr hcl.Expression) string {
	t, diags := hcl.AbsTraversalForExpr(expr)
	if diags.HasErrors() || len(t) != 2 || t.RootName() != "ratio" {
		return ""
	}
	if step, ok := t[1].(hcl.TraverseAttr); ok && slices.Contains(x.PhaseNames(), step.Name) {
		return step.Name
	}
	return ""
}

// timedIn are the phases whose times an expression hangs on, each once.
func (x *experiment) timedIn(expr hcl.Expression) (out []string) {
	for _, t := range expr.Variables() {
		if len(t) < 2 || t.RootName() != "ratio" && t.RootName() != "rate" {
			continue
		}
		step, ok := t[1].(hcl.TraverseAttr)
		if ok && slices.Contains(x.PhaseNames(), step.Name) && !slices.Contains(out, step.Name) {
			out = append(out, step.Name)
		}
	}
	return out
}

// noiseless are names whose values no measurement has a part in.
var noiseless = []string{"var", "local", "path", "device", "matrix", "variant"}

// exact says that nothing measured with noise has a part in an expression.
func (x *experiment) exact(expr hcl.Expression) bool {
	for _, t := range expr.Variables() {
		if slices.Contains(noiseless, t.RootName()) {
			continue
		}
		if t.RootName() != "metric" || len(t) < 2 {
			return false
		}
		step, ok := t[1].(hcl.TraverseAttr)
		if !ok || !slices.ContainsFunc(x.Metrics, func(m Metric) bool { return m.Name == step.Name && m.Exact }) {
			return false
		}
	}
	return true
}

// Aim is the expression whose value is to be the greatest, or the least.
func (s *Select) Aim() (expr hcl.Expression, minimize bool) {
	if s.Maximize == nil {
		return s.Minimize, true
	}
	return s.Maximize, false
}

// Races counts the decisions of select blocks that hang on noise and so share the
// error of the experiment: one for each block and case.
func (e *Experiment) Races() (n int) {
	for i := range e.Selects {
		if !e.Selects[i].Exact {
			n += len(e.Cases)
		}
	}
	return n
}

// EvalAim is the value of a select's aim for one variant: in one round, or over
// all of them where it is exact. A variant that lacks what the aim needs is a
// diagnostic.
func (e *Experiment) EvalAim(s *Select, c *Case, m Measured) (value float64, ok bool, diags hcl.Diagnostics) {
	aim, _ := s.Aim()
	if diags := m.missing(aim); diags.HasErrors() {
		return 0, false, diags
	}
	r := &reader{scope: m.scope(e.caseScope(c))}
	v, ok := r.as(aim, cty.Number)
	if !ok {
		return 0, false, r.diags
	}
	value, _ = v.AsBigFloat().Float64()
	return value, true, r.diags
}
