package plan

import (
	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/judge"
)

// Looks plans the looks at an experiment's data. Only what is asked of a case
// shares the error: a guardrail counts in the cases in which its `where` holds,
// and an exact value needs no share.
func Looks(e *config.Experiment) (judge.Plan, error) {
	m := judge.Method{Rounds: e.Measure.Rounds, MaxRounds: e.Measure.MaxRounds}
	for i := range e.Cases {
		c := &e.Cases[i]
		guarded := map[string]bool{}
		for j := range e.Guardrails {
			g := &e.Guardrails[j]
			if _, asked := g.In(c.ID); !asked || exact(e, g) {
				continue
			}
			guarded[g.Phase+" "+g.Metric] = true
			if g.Variant != "" {
				m.Claims++
			} else {
				m.Claims += len(c.Variants) - 1
			}
		}
		m.Controls += len(guarded)
	}
	if m.Claims == 0 {
		return judge.PlanFor(m, nil, nil)
	}
	return judge.NewPlan(m)
}

// exact says whether a guardrail is judged without rounds: a value that is the
// same in all of them, or the least or most of all values.
func exact(e *config.Experiment, g *config.Guardrail) bool {
	if g.Metric == "" {
		return false
	}
	m, _ := e.GuardedMetric(g.Metric)
	return m.Exact || g.Absolute() && (g.Statistic == "min" || g.Statistic == "max")
}
