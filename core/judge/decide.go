package judge

import (
	"cmp"
	"fmt"
)

// A Decision says whether a case is measured further.
type Decision struct {
	Stop bool
	// AddRounds is how many rounds to run before asking again, 0 with Stop.
	AddRounds int
	// Reason is a sentence for the log and the journal.
	Reason string
	// Judgements are the interim ones, at the plain share of the error. Empty
	// between looks, where the data is not looked at.
	Judgements []Judgement
}

// Decide is asked after every planned look of one case. Between looks it only
// says how many rounds are missing, without a glance at the data. At a look it
// stops when every guardrail and every assert has its pass or fail, when no
// planned number of rounds can help, or when the plan is used up. The asserts are
// the answers of the moment.
func Decide(p Plan, guardrails []Guardrail, c Case, asserts []AssertResult) (Decision, error) {
	if len(p.Looks) == 0 {
		return Decision{}, fmt.Errorf("plan: no looks; make it with NewPlan")
	}
	if c.Unusable != nil {
		return Decision{Stop: true, Reason: "no verdict can come from this case: " + c.Unusable.Reason}, nil
	}
	rounds := c.rounds()
	if at := p.Looks[p.lookAt(rounds)]; rounds < at.Rounds {
		return Decision{AddRounds: at.Rounds - rounds, Reason: fmt.Sprintf("the next planned look is at %d %s", at.Rounds, plural(at.Rounds, "round"))}, nil
	}
	tests, err := collect(p, guardrails, []Case{c})
	if err != nil {
		return Decision{}, err
	}
	p.Claims = max(p.Claims, claims(tests))
	bonferroni(p, tests)
	js, err := conclude(p, tests)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Judgements: js}
	next, more := p.NextLook(rounds)
	open, hope := unsettled(p, tests, js)
	for _, a := range asserts {
		if a.Verdict == Pass || a.Verdict == Fail {
			continue
		}
		told := fmt.Sprintf("assert %q: %s", a.Name, a.Message)
		if a.Variant != "" { // one over several cases is not asked of any yet
			told = fmt.Sprintf("assert %q, variant %q: %s", a.Name, a.Variant, a.Message)
		}
		open = cmp.Or(open, told)
		if !a.Hopeless {
			hope = cmp.Or(hope, told)
		}
	}
	switch {
	case open == "":
		d.Stop, d.Reason = true, fmt.Sprintf("%s settled after %d %s", everything(len(tests), len(asserts)), rounds, plural(rounds, "round"))
	case !more:
		d.Stop, d.Reason = true, fmt.Sprintf("all %d planned rounds are run; %s", rounds, open)
	case hope == "":
		d.Stop, d.Reason = true, fmt.Sprintf("more rounds would not help: %s", open)
	default:
		d.AddRounds = next.Rounds - rounds
		d.Reason = fmt.Sprintf("%d more %s to the look at %d: %s", d.AddRounds, plural(d.AddRounds, "round"), next.Rounds, hope)
	}
	return d, nil
}

// unsettled describes the first guardrail without pass or fail, and the first
// of those that could still get one; empty where there is none.
func unsettled(p Plan, tests []test, js []Judgement) (open, hope string) {
	for i, j := range js {
		if j.Verdict == Pass || j.Verdict == Fail {
			continue
		}
		told := fmt.Sprintf("guardrail %q, variant %q: %s", j.Guardrail, j.Variant, j.Reason)
		if open == "" {
			open = told
		}
		if hope == "" && !tests[i].hopeless(p) {
			hope = told
		}
	}
	return open, hope
}

func everything(guardrails, asserts int) string {
	switch {
	case asserts == 0:
		return "every guardrail is"
	case guardrails == 0:
		return "every assert is"
	}
	return "every guardrail and assert is"
}
