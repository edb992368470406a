package report

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// judgements writes what was judged. What is the same of several is said once.
type judgements struct {
	result *record.Result
	said   map[conclusion]string // case in which it was said
}

// conclusion is what a reader is told of a judgement.
type conclusion struct {
	verdict                judge.Verdict
	reason, tradeoff, next string
}

func concluded(j judge.Judgement) conclusion {
	k := conclusion{verdict: j.Verdict, reason: j.Reason}
	if j.AcceptedByTradeoff {
		k.tradeoff = j.Tradeoff
	}
	if j.Verdict != judge.Pass {
		k.next = j.Next
	}
	return k
}

func newJudgements(r *record.Result) *judgements {
	return &judgements{result: r, said: map[conclusion]string{}}
}

// told is what is said of judgements of a case that have one conclusion.
type told struct {
	conclusion
	about   string
	earlier string // case in which the conclusion was given; empty: it was not yet
}

// of gives those of one case.
func (p *judgements) of(c *record.Case, s Style) (out []told) {
	var order []conclusion
	alike := map[conclusion][]judge.Judgement{}
	for _, j := range c.Judgements {
		k := concluded(j)
		if alike[k] == nil {
			order = append(order, k)
		}
		alike[k] = append(alike[k], j)
	}
	for _, k := range order {
		out = append(out, told{k, p.about(alike[k], s), p.said[k]})
		if p.said[k] == "" {
			p.said[k] = c.ID
		}
	}
	return out
}

// write writes those of one case.
func (p *judgements) write(w io.Writer, c *record.Case, s Style) {
	for _, k := range p.of(c, s) {
		if k.earlier != "" {
			s.say(w, "    ", "%s: for the reason given in case %s", k.about, k.earlier)
			continue
		}
		s.say(w, "    ", "%s: %s", k.about, k.reason)
		if k.tradeoff != "" {
			s.say(w, "      ", "accepted by a written trade-off: %s", k.tradeoff)
		}
		if k.next != "" {
			s.say(w, "      ", "next: %s", k.next)
		}
	}
}

// about names judgements that have one conclusion.
func (p *judgements) about(list []judge.Judgement, s Style) string {
	if len(list) == 1 {
		j := list[0]
		return fmt.Sprintf("%s%s: %s %s in %s", j.Guardrail, p.warns(j, " (only warns)"), s.verdictText(string(j.Verdict)), j.Variant, j.Of())
	}
	var names []string
	for _, j := range list {
		names = append(names, fmt.Sprintf("%s in %s (%s%s)", j.Variant, j.Of(), j.Guardrail, p.warns(j, ", only warns")))
	}
	return s.verdictText(string(list[0].Verdict)) + " " + listOf(names)
}

func (p *judgements) warns(j judge.Judgement, text string) string {
	if p.result.OnlyWarns(j.Guardrail) {
		return text
	}
	return ""
}

// decidedBy names what gave a result its verdict, and how many more did.
func decidedBy(r *record.Result) string {
	all := r.Deciders()
	if len(all) == 0 {
		return ""
	}
	text := DecidedBy(&all[0])
	if more := len(all) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}
