package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// fields of six variants that a select block chooses from, as speeds against the
// baseline.
var fields = []struct {
	name   string
	speeds []float64
	best   int // the one that may win, -1: none may, for no single one is best
}{
	{"6 alike", []float64{1, 1, 1, 1, 1, 1}, -1},
	{"2 of 6 are 2 % faster", []float64{1.02, 1, 1.02, 1, 1, 1}, -1},
	{"1 of 6 is 1 % faster", []float64{1, 1, 1.01, 1, 1, 1}, 2},
	{"1 of 6 is 2 % faster", []float64{1, 1, 1.02, 1, 1, 1}, 2},
}

// A winnersRow counts the answers of a select block on one machine.
type winnersRow struct {
	weather, field                 string
	right, wrong, tie, none, races int
	trials                         int
}

// measureWinners runs sessions of one select block each, with its defaults and the
// shipped code.
func measureWinners(w weather, k, trials int) (winnersRow, error) {
	x := fields[k]
	row := winnersRow{weather: w.name, field: x.name, trials: trials}
	for i := range trials {
		m := newMachine(w, rand.New(rand.NewPCG(seed+900+uint64(k), uint64(i))))
		s, raced, err := selectOne(m, x.speeds)
		if err != nil {
			return row, err
		}
		if raced {
			row.races++
		}
		switch {
		case s.Outcome == record.OutcomeTie:
			row.tie++
		case s.Outcome == record.OutcomeNone:
			row.none++
		case x.best >= 0 && s.Variant == armName(x.best+1):
			row.right++
		default:
			row.wrong++
		}
	}
	return row, nil
}

// selectOne measures the baseline, the variants and the control, and races the
// finalists, as a session does.
func selectOne(m *machine, speeds []float64) (record.Selection, bool, error) {
	s := record.Select{Name: "best", Aim: record.Maximize, Of: "ratio.decode", Phase: phase, Phases: []string{phase}, Finalists: 3, Rounds: 8}
	plan, err := judge.PlanFor(judge.Method{Rounds: 8, MaxRounds: 8, Races: 1}, nil, nil, nil)
	if err != nil {
		return record.Selection{}, false, err
	}
	r := &record.Result{Plan: plan, Cases: []record.Case{{ID: "only"}}}
	c, x := &r.Cases[0], record.Race{Select: s.Name}
	times := []float64{1}
	c.Variants = append(c.Variants, record.Variant{Name: armName(0), Role: record.RoleBaseline})
	for i, speed := range speeds {
		times = append(times, 1/speed)
		c.Variants = append(c.Variants, record.Variant{Name: armName(i + 1), Role: record.RoleVariant})
		x.Candidates = append(x.Candidates, record.Candidate{Variant: armName(i + 1)})
	}
	c.Variants = append(c.Variants, record.Variant{Name: armName(len(times)), Role: record.RoleControl})
	times = append(times, 1)
	run := func(n int) (out []record.Round) {
		for range n {
			d := m.round(times)
			d.Counted = true
			out = append(out, *d)
		}
		return out
	}
	c.Rounds = run(plan.Looks[0].Rounds)
	if err := r.Shortlist(c, &s, &x); err != nil {
		return record.Selection{}, false, err
	}
	x.Rounds = run(x.Goal)
	c.Races = []record.Race{x}
	out, err := r.Decide(c, &s, nil)
	return out, x.Goal > 0, err
}

func winnersTable(b *strings.Builder, rows []winnersRow) {
	b.WriteString("\nSelect blocks with their defaults (3 finalists, 8 rounds of the case and 8 of the race):\n\n")
	b.WriteString("| machine | variants | right winner | wrong winner | tie | none | second race |\n|---|---|--:|--:|--:|--:|--:|\n")
	for _, r := range rows {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.weather, r.field, pct(r.right, r.trials), pct(r.wrong, r.trials), pct(r.tie, r.trials), pct(r.none, r.trials), pct(r.races, r.trials))
	}
	b.WriteString("\n*Wrong winner*: any where no single variant is best, else any but the best.\n")
}
