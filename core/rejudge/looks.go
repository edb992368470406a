package rejudge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// budgetReason begins the reason of a look at which the budget, not the rule,
// ended a case.
const budgetReason = "the budget of "

// checkLooks takes every look again on the rounds that it had: a session that
// went on past a stop, or stopped where the rule goes on, chose its own data.
func checkLooks(r, want *record.Result) ([]Difference, error) {
	if len(r.Experiment.Guardrails)+len(r.Experiment.Asserts) == 0 || len(want.Plan.Looks) == 0 {
		return nil, nil
	}
	var out []Difference
	for i := range r.Cases {
		for n, l := range r.Cases[i].Looks {
			if l.Stop && strings.HasPrefix(l.Reason, budgetReason) {
				continue
			}
			stop, err := decideAgain(want, i, l.Rounds)
			if err != nil {
				return nil, fmt.Errorf("case %q, look at %d rounds: %w", r.Cases[i].ID, l.Rounds, err)
			}
			if stop != l.Stop {
				path := []string{"cases", fmt.Sprint(i), "looks", fmt.Sprint(n), "stop"}
				out = append(out, Difference{Path: pointer(path), Stored: rawOf(l.Stop), Want: rawOf(stop)})
			}
		}
	}
	return out, nil
}

// decideAgain is the rule's decision on the first counted rounds of a case, and
// the failures up to then.
func decideAgain(want *record.Result, i, rounds int) (stop bool, err error) {
	one := *want
	one.Cases = want.Cases[i : i+1]
	then := withoutDerived(&one)
	c := &then.Cases[0]
	c.Rounds = firstCounted(c.Rounds, rounds)
	then.Failures = slices.DeleteFunc(slices.Clone(then.Failures), func(f record.Failure) bool { return f.Round > len(c.Rounds) })
	if err := then.SummarizeCase(c); err != nil {
		return false, err
	}
	d, err := judge.Decide(then.Plan, then.JudgeGuardrails(), then.JudgeCase(c), then.AssertsOf(c))
	return d.Stop, err
}

func firstCounted(rounds []record.Round, n int) []record.Round {
	for i := range rounds {
		if rounds[i].Counted {
			n--
		}
		if n == 0 {
			return rounds[:i+1]
		}
	}
	return rounds
}
