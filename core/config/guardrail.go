package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/judge"
)

// Guardrail asks one question of one quantity, Phase or Metric, of one variant
// or of all: relative to the baseline (MinRatio, Margin and MinGain), or absolute. What
// it asks is the same in all cases; its bounds, and whether it is asked, may
// hang on the case: see [Guardrail.In].
type Guardrail struct {
	Name      string
	Phase     string // empty: Metric
	Metric    string
	Statistic string // of a phase: fastest, p50, p90, p99, max; of a metric: median, min, max
	Variant   string // empty: every variant but the baseline
	Against   string // a stored baseline; empty: the live one
	OnFail    string // fail, warn or require_tradeoff
	Range     hcl.Range

	// Bounds of the first case in which it is asked.
	MinRatio float64       // how many times better than the baseline
	Margin   float64       // loss below MinRatio that is too small to matter
	MinGain  float64       // estimated gain from which on a win is claimed
	Min, Max *float64      // of a metric, in its unit
	MinRate  *float64      // of a phase, units per second
	MaxTime  time.Duration // of a phase, per iteration; 0: none

	Cases map[string]bool // ids of the cases in which it is asked; nil: all

	byCase map[string]Guardrail // where bounds hang on the case
}

// Absolute says whether the bounds are on the value itself.
func (g *Guardrail) Absolute() bool {
	return g.Min != nil || g.Max != nil || g.MinRate != nil || g.MaxTime != 0
}

// In is the guardrail with its bounds in one case, and whether it is asked there.
func (g *Guardrail) In(caseID string) (Guardrail, bool) {
	if g.Cases != nil && !g.Cases[caseID] {
		return *g, false
	}
	if own, ok := g.byCase[caseID]; ok {
		return own, true
	}
	return *g, true
}

var guardrailSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "phase"}, {Name: "metric"}, {Name: "statistic"}, {Name: "variant"}, {Name: "where"}, {Name: "min_ratio"}, {Name: "margin"},
	{Name: "min_gain"}, {Name: "against"}, {Name: "min"}, {Name: "max"}, {Name: "min_rate"}, {Name: "max_time"}, {Name: "on_fail"},
}}

var (
	phaseStatistics  = []string{"fastest", "p50", "p90", "p99", "max"}
	metricStatistics = []string{"median", "min", "max"}
)

func (x *experiment) guardrail(b *hcl.Block) {
	content, diags := contentOf(b.Body, guardrailSchema)
	for _, d := range diags {
		if unexpected(d) == "case" {
			d.Detail = `A guardrail is one for all cases. where says in which it is asked, such as where = matrix.KEY == VALUE; its bounds may hang on matrix.* too.`
		}
	}
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	g := Guardrail{
		Name: b.Labels[0], Phase: r.str("phase", ""), Metric: r.str("metric", ""), Variant: r.str("variant", ""),
		Against: r.str("against", ""), OnFail: r.oneOf("on_fail", "fail", "fail", "warn", "require_tradeoff"), Range: b.DefRange,
	}
	statistics := phaseStatistics
	if content.Attributes["metric"] != nil {
		statistics = metricStatistics
	}
	g.Statistic = r.oneOf("statistic", statistics[0], statistics...)
	oneForAllCases(r)
	x.unique(r, b)
	x.bounds(r, &g)
	x.quantity(r, &g, diags.HasErrors())
	x.against(r, &g)
	if attr := content.Attributes["variant"]; attr != nil && (!g.Absolute() || !x.hasBaseline(g.Variant)) {
		r.namesVariant(attr, g.Variant, x)
	}
	x.Guardrails = append(x.Guardrails, g)
	x.diags = append(x.diags, r.diags...)
}

// oneForAllCases says why an argument cannot hang on the matrix.
func oneForAllCases(r *reader) {
	for _, attr := range sorted(r.attrs) {
		for _, d := range r.diags {
			if d.Summary != "matrix is not known here" || d.Subject == nil || !d.Subject.Overlaps(attr.Expr.Range()) {
				continue
			}
			d.Detail = fmt.Sprintf("A guardrail is one for all cases, so its %s cannot hang on the matrix. Its bounds and where may: %s.",
				attr.Name, strings.Join(caseBounds[:len(caseBounds)-1], ", "))
		}
	}
}

// quantity checks what the guardrail is about and that it asks one question of it.
func (x *experiment) quantity(r *reader, g *Guardrail, misspelt bool) {
	phase, metric := r.attrs["phase"], r.attrs["metric"]
	relative, absolute := r.written(x, "min_ratio", "margin", "min_gain"), r.written(x, "min", "max", "min_rate", "max_time")
	switch {
	case phase == nil && metric == nil && !misspelt:
		r.fault(g.Range, "Missing required argument", "A guardrail is about one quantity: write phase = … or metric = … in this block.")
	case g.Phase != "" && g.Metric != "":
		r.fault(metric.NameRange, "Two questions", "A guardrail is about one quantity, and this one names a phase and a metric. Delete one, or write two guardrails.")
	case relative != nil && absolute != nil:
		r.fault(absolute.NameRange, "Two questions", "A guardrail asks one: %s is a bound on the value itself, %s is against the baseline. Delete one, or write two guardrails.", absolute.Name, relative.Name)
	case g.Phase != "":
		if wrong := r.written(x, "min", "max"); wrong != nil {
			r.fault(wrong.NameRange, "Bound of a metric", "%s is a bound of a metric, in its unit. Of a phase, write min_rate (units per second) or max_time (a duration per iteration).", wrong.Name)
		}
		if r.written(x, "min_rate") != nil && r.written(x, "max_time") != nil {
			r.fault(r.attrs["max_time"].NameRange, "Two questions", "min_rate and max_time both bound how fast the phase is. Delete one, or write two guardrails.")
		}
		x.aboutPhase(r, g)
	case g.Metric != "":
		if wrong := r.written(x, "min_rate", "max_time"); wrong != nil {
			r.fault(wrong.NameRange, "Bound of a phase", "%s is a bound of a phase. Of a metric, write min or max, in its unit.", wrong.Name)
		}
		x.aboutMetric(r, g, absolute != nil)
	}
}

// written is the first of the attributes that has a value other than null.
func (r *reader) written(x *experiment, names ...string) *hcl.Attribute {
	scope := r.scope
	if len(x.Cases) > 0 {
		scope = x.Cases[0].names
	}
	for _, n := range names {
		if attr := r.attrs[n]; attr != nil && !isNull(&reader{scope: scope}, attr) {
			return attr
		}
	}
	return nil
}

func (x *experiment) aboutPhase(r *reader, g *Guardrail) {
	attr := r.attrs["phase"]
	i := slices.IndexFunc(x.Phases, func(p Phase) bool { return p.Name == g.Phase })
	switch {
	case i < 0:
		x.doubt(r, attr, x.unknownPhase(g.Phase))
	case !slices.Contains(x.PhaseNames(), g.Phase):
		r.invalid(attr, "measure does not name the phase %q, so that it would never be measured. Add it there.", g.Phase)
	case g.Statistic != phaseStatistics[0] && !x.Phases[i].Single && r.attrs["statistic"] != nil:
		r.fault(r.attrs["statistic"].Expr.Range(), "No single iterations", "%s is of single iterations, and the plugin %s times %s in batches. %s Else write statistic = %q.",
			g.Statistic, x.facts.batches[g.Phase], g.Phase, x.singlePhases(x.facts.batches[g.Phase]), phaseStatistics[0])
	case g.Statistic != phaseStatistics[0] && r.attrs["statistic"] != nil:
		x.enoughIterations(r, g)
	}
}

// singlePhases says which phases a percentile may be of.
func (x *experiment) singlePhases(plugin string) string {
	var single []string
	for _, p := range x.Phases {
		if p.Single {
			single = append(single, p.Name)
		}
	}
	if len(single) > 0 {
		return fmt.Sprintf("Phases that are timed one iteration at a time: %s.", strings.Join(single, ", "))
	}
	return fmt.Sprintf("`assay plugin docs %s` says which of its phases can be timed one iteration at a time.", x.resolver.module.PluginName(plugin))
}

// enoughIterations warns of a percentile that a round's samples, one iteration
// each, are too few for.
func (x *experiment) enoughIterations(r *reader, g *Guardrail) {
	need, have := judge.SamplesFor(g.Statistic), 2*x.Measure.Passes*x.Measure.Samples
	if have > 0 && have < need {
		r.warn(r.attrs["statistic"].Expr.Range(), "Too few iterations", "%s takes %d single iterations a round, and measure asks for %d: 2 × passes (%d) × samples (%d). Write samples = %d there, with a visit that holds them.",
			g.Statistic, need, have, x.Measure.Passes, x.Measure.Samples, (need+2*x.Measure.Passes-1)/(2*x.Measure.Passes))
	}
}

// everyPlugin are the metrics that the host takes of every plugin; less is
// better. A plugin's own metric of the same name wins.
var everyPlugin = []Metric{
	{Name: "peak_device_bytes", Unit: "B", Better: "lower"}, {Name: "peak_host_bytes", Unit: "B", Better: "lower"},
	{Name: "prepare_time", Unit: "s", Better: "lower"}, {Name: "start_time", Unit: "s", Better: "lower"},
}

// GuardedMetric finds what is known of a metric that a guardrail may be about.
func (e *Experiment) GuardedMetric(name string) (Metric, bool) {
	for _, m := range slices.Concat(e.Metrics, everyPlugin) {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

func (x *experiment) aboutMetric(r *reader, g *Guardrail, absolute bool) {
	attr := r.attrs["metric"]
	m, ok := x.GuardedMetric(g.Metric)
	switch {
	case !ok:
		known := metricNames(slices.Concat(x.Metrics, everyPlugin))
		x.doubt(r, attr, fmt.Sprintf("no plugin of the experiment has a metric %q. %s", g.Metric, diag.DidYouMean(g.Metric, "metrics", known)))
	case m.Better == "" && !absolute:
		r.fault(attr.Expr.Range(), "No direction", "The plugin %s does not say whether more or less %q is better, so that a ratio would mean nothing. Bound the value: min or max.",
			strings.Join(x.facts.plugins, ", "), g.Metric)
	}
}

// unique reports a label that an earlier block of the same type has.
func (x *experiment) unique(r *reader, b *hcl.Block) {
	label := [2]string{b.Type, b.Labels[0]}
	if first, ok := x.labels[label]; ok {
		r.fault(b.DefRange, "Duplicate "+b.Type, "There is a %s %q at %s already. Give one of the two another name.", b.Type, b.Labels[0], place(first))
		return
	}
	if x.labels == nil {
		x.labels = map[[2]string]hcl.Range{}
	}
	x.labels[label] = b.DefRange
}

// namesVariant checks that name is a variant of some case and not the
// baseline.
func (r *reader) namesVariant(attr *hcl.Attribute, name string, x *experiment) {
	if attr == nil || name == "" || len(x.Cases) == 0 {
		return
	}
	var known []string
	for _, c := range x.Cases {
		for _, v := range c.Variants {
			if v.Name == name && v.Baseline {
				r.invalid(attr, "%q is the baseline, which would be compared with itself. Name another variant, or leave the argument out to mean all of them.", name)
				return
			}
			if !slices.Contains(known, v.Name) && !v.Baseline {
				known = append(known, v.Name)
			}
		}
	}
	if !slices.Contains(known, name) && len(known) > 0 {
		r.invalid(attr, "there is no variant %q. %s", name, diag.DidYouMean(name, "variants beside the baseline", known))
	}
}
