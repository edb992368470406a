package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
)

// FillMetadata draws the plan's metadata fields out of the variants: what the
// plugin stated as facts, else what the configuration says.
func (r *Result) FillMetadata() {
	m := &r.Metadata
	m.Epsilon, m.Threadgroup = r.distinct("epsilon"), r.distinct("threadgroup")
	m.Bits, m.GroupSize, m.DType = r.distinct("bits"), r.distinct("group_size"), r.distinct("dtype")
	if models := r.distinct("model"); len(models) > 0 {
		s := strings.Join(models, ", ")
		m.Model = &s
	}
}

// distinct values of a fact over all variants, sorted.
func (r *Result) distinct(name string) []string {
	out := []string{}
	for i := range r.Cases {
		for j := range r.Cases[i].Variants {
			if s := r.Cases[i].Variants[j].fact(name); s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (v *Variant) fact(name string) string {
	if s := v.Facts[name]; s != "" {
		return s
	}
	var config map[string]any
	if json.Unmarshal(v.Config, &config) != nil || config[name] == nil {
		return ""
	}
	return fmt.Sprint(config[name])
}

// verdictRank orders verdicts from nothing to worst.
var verdictRank = []string{"", none, "pass", "inconclusive", "invalid", "fail"}

// OnlyWarns says that a guardrail does not decide the experiment's verdict.
func (r *Result) OnlyWarns(guardrail string) bool {
	return slices.ContainsFunc(r.Experiment.Guardrails, func(g Guardrail) bool {
		return g.Name == guardrail && g.OnFail == judge.OnFailWarn
	})
}

// Worse is the worse of two verdicts; an empty one counts as nothing.
func Worse(a, b string) string {
	if slices.Index(verdictRank, b) > slices.Index(verdictRank, a) {
		return b
	}
	return a
}

// WorstStatus is the worst of least and of what the cases have.
func (r *Result) WorstStatus(least Status) Status {
	rank := []Status{Complete, Partial, Crashed, Hung}
	for i := range r.Cases {
		if s := r.Cases[i].Status; slices.Index(rank, s) > slices.Index(rank, least) {
			least = s
		}
	}
	return least
}

// verdictOf is the worst verdict over the variant's judgements that are about a
// phase, "" for any; "none" without one.
func (c *Case) verdictOf(variant, phase string) string {
	worst := none
	for _, j := range c.Judgements {
		if j.Variant == variant && (phase == "" || j.Phase == phase) {
			worst = Worse(worst, string(j.Verdict))
		}
	}
	return worst
}

// GuardrailVerdicts is the worst verdict of each guardrail over the variants.
func (c *Case) GuardrailVerdicts() map[string]string {
	out := map[string]string{}
	for _, j := range c.Judgements {
		out[j.Guardrail] = Worse(out[j.Guardrail], string(j.Verdict))
	}
	return out
}
