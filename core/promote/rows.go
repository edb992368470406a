package promote

import (
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// rows follows every judgement and assert of the first session through the others.
func (p *Promotion) rows() {
	first := p.documents[0]
	for i := range first.Result.Cases {
		c := &first.Result.Cases[i]
		for _, j := range c.Judgements {
			p.judgement(j)
		}
		for _, a := range c.Asserts {
			p.assert(c.ID, a)
		}
	}
	if len(p.Rows) == 0 {
		p.miss("no guardrail and no assert was judged: there is no verdict to write down")
	}
	for _, d := range p.documents[1:] {
		if n := judged(d.Result); n != len(p.Rows) {
			p.miss("%d judgements in session %s and %d in %s", len(p.Rows), first.session(), n, d.session())
		}
	}
}

func judged(r *record.Result) (n int) {
	for i := range r.Cases {
		n += len(r.Cases[i].Judgements) + len(r.Cases[i].Asserts)
	}
	return n
}

func (p *Promotion) judgement(first judge.Judgement) {
	row := Row{
		Case: first.Case, Variant: first.Variant, Name: first.Guardrail, Of: first.Of(), Verdict: first.Verdict, Win: true,
		Warns: first.OnFail == judge.OnFailWarn, Tradeoff: first.Tradeoff, Estimates: []float64{}, absolute: first.Bound != nil,
	}
	if row.absolute {
		row.Unit = first.Bound.Unit
	}
	about := row.Name + " of " + row.Variant + " in " + row.Of + inCase(row.Case)
	var least, most *float64 // of the bounds: of upper ones the least, of lower ones the most
	for _, d := range p.documents {
		j := same(d.Result, first)
		if j == nil {
			p.miss("%s: session %s has no such judgement", about, d.session())
			continue
		}
		switch {
		case j.Verdict == judge.Inconclusive || j.Verdict == judge.Invalid:
			p.miss("%s is %s in session %s: %s", about, j.Verdict, d.session(), j.Next)
		case j.Verdict != first.Verdict:
			p.miss("%s: %s in session %s, %s in %s", about, first.Verdict, p.documents[0].session(), j.Verdict, d.session())
		case j.Blocks() && j.OnFail == judge.OnFailTradeoff:
			p.miss("%s fails, and nothing in writing accepts it: tradeoff %q { reason = \"…\" }, or revert it", about, row.Name)
		}
		row.Win = row.Win && j.Win
		if j.Estimate != nil {
			row.Estimates = append(row.Estimates, *j.Estimate)
		}
		row.Lower, most = lesser(row.Lower, j.Lower), greater(most, j.Lower)
		row.Upper, least = greater(row.Upper, j.Upper), lesser(least, j.Upper)
	}
	if most != nil && least != nil && *most > *least {
		p.miss("%s: the intervals of the sessions have no point in common, so something changes from session to session that none of them knows", about)
	}
	p.Rows = append(p.Rows, row)
}

// same is the judgement of another session that asks the same.
func same(r *record.Result, j judge.Judgement) *judge.Judgement {
	c := r.Case(j.Case)
	if c == nil {
		return nil
	}
	for i := range c.Judgements {
		if k := &c.Judgements[i]; k.Guardrail == j.Guardrail && k.Variant == j.Variant && k.Of() == j.Of() {
			return k
		}
	}
	return nil
}

func (p *Promotion) assert(id string, first judge.AssertResult) {
	row := Row{Case: id, Variant: first.Variant, Name: first.Name, Verdict: first.Answer(), Estimates: []float64{}}
	about := "assert " + row.Name + " of " + row.Variant + inCase(id)
	for _, d := range p.documents {
		answer := judge.Verdict("")
		if c := d.Result.Case(id); c != nil {
			for _, a := range c.Asserts {
				if a.Name == row.Name && a.Variant == row.Variant {
					answer = a.Answer()
				}
			}
		}
		switch answer {
		case "":
			p.miss("%s: session %s has no answer", about, d.session())
		case judge.Inconclusive, judge.Invalid:
			p.miss("%s is %s in session %s", about, answer, d.session())
		case row.Verdict:
		default:
			p.miss("%s: %s in session %s, %s in %s", about, row.Verdict, p.documents[0].session(), answer, d.session())
		}
	}
	p.Rows = append(p.Rows, row)
}

func inCase(id string) string {
	if id == "default" {
		return ""
	}
	return ", case " + id
}

// lesser and greater are of those that are known.
func lesser(a, b *float64) *float64 {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

func greater(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}
