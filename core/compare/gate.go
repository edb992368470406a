package compare

import (
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// stored names A in the judgements of a gate.
const stored = "A"

// Gate judges every variant of b against the one of its name in a: a loss of
// margin or more, a fraction, fails. It gives b with these judgements in place of
// its own, as if a had been its stored baseline.
func Gate(fileA string, a, b *record.Result, margin float64) (*record.Result, error) {
	out := *b
	out.Experiment.Guardrails = []record.Guardrail{}
	out.Experiment.Tradeoffs, out.Selections = record.Tradeoffs{}, []record.Selection{}
	for _, phase := range b.Experiment.Measure.Phases {
		if slices.Contains(a.Experiment.Measure.Phases, phase) {
			out.Experiment.Guardrails = append(out.Experiment.Guardrails, record.Guardrail{
				Name: phase, Phase: phase, Unit: b.Experiment.Units[phase], Against: stored,
				MinRatio: 1, Margin: margin, MinGain: margin, OnFail: judge.OnFailFail,
			})
		}
	}
	if len(out.Experiment.Guardrails) == 0 {
		return nil, fmt.Errorf("%s and %s have no phase in common", fileA, b.Experiment.Name)
	}
	out.Cases, out.Experiment.Asserts = slices.Clone(b.Cases), nil
	rounds := 1
	for i := range out.Cases {
		c := &out.Cases[i]
		c.Asserts = []record.AssertResult{}
		counted := 0
		for k := range c.Rounds {
			if c.Rounds[k].Counted {
				counted++
			}
		}
		rounds = max(rounds, counted)
	}
	s := out.StoredFrom(a, stored, "", out.Cases)
	s.File = fileA
	out.Stored = []record.Stored{s}
	if len(s.Arms) == 0 {
		return nil, fmt.Errorf("%s has no variant beside its baseline, so that there is nothing to judge", b.Experiment.Name)
	}
	var err error
	if out.Plan, err = judge.PlanFor(judge.Method{Confidence: b.Experiment.Measure.Confidence, Rounds: rounds, MaxRounds: rounds}, out.Experiment.Guardrails, nil, out.Places()); err != nil {
		return nil, err
	}
	// Both sessions are over: no look at more rounds will follow.
	out.Plan.Looks = []judge.Look{{Rounds: rounds, Alpha: 1 - out.Plan.Confidence}}
	return &out, out.Summarize()
}
