package main

import (
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/judge"
)

// The marks between which docs/method.md holds the tables.
const (
	beginMark = "<!-- method-study: begin. Written by `make method-study`, do not edit. -->"
	endMark   = "<!-- method-study: end -->"
)

// markdown renders the study's tables.
func markdown(r results) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d simulated sessions per cell, margin 1 %%, Assay with its defaults (8 to 24 rounds), the others with %d launches per arm.\n\n", r.trials, launches)

	b.WriteString("| machine | method | false fail | false pass | finds 2 % | finds 3 % | inconclusive | invalid | rounds |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, x := range r.main {
		writeRow(&b, x)
	}
	b.WriteString("\n*False fail*: the variant is the baseline, and the method says fail. *False pass*: the true loss equals the margin, and the method says pass. *Finds*: says fail at that true loss. *Inconclusive*, *invalid*, *rounds*: over all four true losses (0, 1, 2 and 3 %).\n\n")

	b.WriteString("| machine | wrong, A-then-B medians | wrong, Assay's estimate without bounds and control | wrong, Assay | wrong estimates turned into inconclusive or invalid |\n|---|--:|--:|--:|--:|\n")
	for i := 0; i < len(r.main); i += len(methods) {
		naive, own := sum(r.main[i].at), sum(r.main[i+len(methods)-1].at)
		turned := "none to turn"
		if own.bareWrong > 0 {
			turned = pct(own.bareWrong-own.kept, own.bareWrong)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.main[i].weather,
			pct(naive.wrong, naive.trials), pct(own.bareWrong, own.trials), pct(own.wrong, own.trials), turned)
	}
	b.WriteString("\n*Wrong*: a fail when nothing changed, or a pass when the loss is 1, 2 or 3 %; over all four.\n\n")

	b.WriteString("Machines that break an assumption, Assay alone:\n\n")
	b.WriteString("| machine | method | false fail | false pass | finds 2 % | finds 3 % | inconclusive | invalid | rounds |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, x := range r.hard {
		writeRow(&b, x)
	}

	fmt.Fprintf(&b, "\nExperiments of %d cases with a guardrail each; the share of experiments with at least one such verdict:\n\n", familyCases)
	b.WriteString("| machine | true loss in every case | any pass | any fail | any inconclusive or invalid |\n|---|--:|--:|--:|--:|\n")
	for _, f := range r.families {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.weather, f.speed, pct(f.pass, f.of), pct(f.fail, f.of), pct(f.abstain, f.of))
	}
	b.WriteString("\nWins, which a guardrail of Assay's claims though the variant is the baseline:")
	for i := len(methods) - 1; i < len(r.main); i += len(methods) {
		x := r.main[i]
		fmt.Fprintf(&b, " %s on a %s machine,", pct(x.at[0].wins, x.at[0].trials), x.weather)
	}
	b.WriteString(" where a win is an estimated gain of 1 % or more whose lower bound is above 1.\n")
	assertTable(&b, r.asserts)
	questionTables(&b, r)
	winnersTable(&b, r.winners)
	err := planning(&b)
	return b.String(), err
}

// planning tabulates what rounds can do, with the shipped planning code.
func planning(b *strings.Builder) error {
	p, err := judge.NewPlan(judge.Method{})
	if err != nil {
		return err
	}
	b.WriteString("\nWhat rounds can do at one guardrail, four times in five (80 % power):\n\n")
	b.WriteString("| spread of one round's difference | smallest loss found by 8 rounds | by 24 rounds | rounds that pass an unchanged variant at a margin of 1 % |\n|--:|--:|--:|--:|\n")
	for _, spread := range []float64{0.003, 0.005, 0.01, 0.02, 0.05} {
		first, err := p.SmallestLoss(8, spread)
		if err != nil {
			return err
		}
		last, err := p.SmallestLoss(24, spread)
		if err != nil {
			return err
		}
		n, err := p.RoundsFor(0.01, spread)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "| %.1f %% | %.1f %% | %.1f %% | %d |\n", 100*spread, 100*first, 100*last, n)
	}
	return nil
}

func writeRow(b *strings.Builder, x row) {
	all := sum(x.at)
	count := func(i int, v judge.Verdict) string { return pct(x.at[i].verdicts[v], x.at[i].trials) }
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %.1f |\n", x.weather, x.method,
		count(0, judge.Fail), count(1, judge.Pass), count(2, judge.Fail), count(3, judge.Fail),
		pct(all.verdicts[judge.Inconclusive], all.trials), pct(all.verdicts[judge.Invalid], all.trials),
		float64(all.rounds)/float64(all.trials))
}

func sum(ts []tally) tally {
	out := tally{verdicts: map[judge.Verdict]int{}}
	for _, t := range ts {
		out.trials += t.trials
		out.rounds += t.rounds
		out.wrong += t.wrong
		out.bareWrong += t.bareWrong
		out.kept += t.kept
		for v, n := range t.verdicts {
			out.verdicts[v] += n
		}
	}
	return out
}

func pct(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of)) }

// splice puts the tables between the marks of a page.
func splice(page, tables string) (string, error) {
	before, rest, ok := strings.Cut(page, beginMark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return "", fmt.Errorf("page lacks the marks %q and %q", beginMark, endMark)
	}
	return before + beginMark + "\n" + tables + endMark + after, nil
}
