package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// A question is a guardrail on another quantity than the speed of a phase.
type question struct {
	judge.Guardrail
	// losses of the variant that are tried: the share by which its quantity is
	// worse than the baseline's, or than the bound.
	losses   []float64
	machines []weather
	round    func(m *machine, speed float64) record.Round
}

const (
	// singles are the single iterations of a visit; a round has two.
	singles = 100
	// tail is the mean of what a stall adds to an iteration, as a share.
	tail = 0.05
	// need is the memory that a program needs, in bytes.
	need = 8 << 30

	tailMargin   = 0.05
	memoryMargin = 0.02
)

// allocators differ in how much the peaks of equal processes do.
var allocators = []weather{
	{name: "peaks that vary by 0.3 %", peak: 0.003},
	{name: "peaks that vary by 2 %", peak: 0.02},
	{name: "peaks that vary by 10 %", peak: 0.1},
}

// questions against the baseline, and of a bound on the value itself.
var (
	relative = []question{
		{
			Guardrail: judge.Guardrail{Name: "`p99`, margin 5 %", Phase: phase, Statistic: judge.P99, MinRatio: 1, Margin: tailMargin, MinGain: tailMargin},
			losses:    multiples(tailMargin, 0, 1, 2, 3), machines: weathers, round: stallingRound,
		},
		{
			Guardrail: judge.Guardrail{Name: "peak memory, margin 2 %", Metric: "peak_device_bytes", Better: "lower", MinRatio: 1, Margin: memoryMargin, MinGain: memoryMargin},
			losses:    multiples(memoryMargin, 0, 1, 2, 3), machines: allocators, round: memoryRound,
		},
	}
	bounds = []question{
		{
			Guardrail: judge.Guardrail{Name: "`p99`, `max_time`", Phase: phase, Statistic: judge.P99, MaxTime: int64(math.Round(1e9 * slowest(tail)))},
			losses:    multiples(tailMargin, -2, 0, 2), machines: append([]weather{{name: "without drift", forget: forget}}, weathers...), round: stallingRound,
		},
		{
			Guardrail: judge.Guardrail{Name: "peak memory, `max`", Metric: "peak_device_bytes", Max: limit(need)},
			losses:    multiples(memoryMargin, -2, 0, 2), machines: allocators, round: memoryRound,
		},
	}
)

func limit(x float64) *float64 { return &x }

func multiples(of float64, by ...float64) (out []float64) {
	for _, x := range by {
		out = append(out, of*x)
	}
	return out
}

// slowest is the 99th percentile of iterations whose stalls add a share of that
// mean, exponentially distributed, to a time of 1.
func slowest(tail float64) float64 { return 1 + tail*math.Log(100) }

// stallingRound is a round of single iterations in which the variant's median is
// the baseline's and its 99th percentile is not.
func stallingRound(m *machine, speed float64) record.Round {
	m.samples, m.tails = singles, []float64{tail, tail, (slowest(tail)/speed - 1) / math.Log(100)}
	return *m.round([]float64{1, 1, 1})
}

// memoryRound is a round of peaks alone, whose median is what the arm needs.
func memoryRound(m *machine, speed float64) (d record.Round) {
	for arm, bytes := range []float64{need, need, need / speed} {
		d.Released = append(d.Released, record.Released{Variant: armName(arm), PeakBytes: int64(bytes * math.Exp(m.peak*(m.rng.ExpFloat64()-math.Ln2)))})
	}
	return d
}

// ask measures until the shipped code says stop. The reading of the rounds is the
// shipped one too.
func (q question) ask(m *machine, speed float64) (answer, error) {
	asked := []judge.Guardrail{q.Guardrail}
	place := judge.Place{Case: "only", Baseline: armName(0), Variants: []string{armName(2)}}
	plan, err := judge.PlanFor(judge.Method{}, asked, nil, []judge.Place{place})
	if err != nil {
		return answer{}, err
	}
	r := record.Result{Plan: plan, Experiment: record.Experiment{Guardrails: asked}}
	c := record.Case{ID: "only", Variants: []record.Variant{
		{Name: armName(0), Role: record.RoleBaseline}, {Name: armName(1), Role: record.RoleControl}, {Name: armName(2), Role: record.RoleVariant},
	}}
	for {
		read := r.JudgeCase(&c)
		d, err := judge.Decide(plan, asked, read, nil)
		if err != nil {
			return answer{}, err
		}
		if d.Stop {
			js, err := judge.Judge(plan, asked, []judge.Case{read})
			if err != nil {
				return answer{}, err
			}
			return answer{verdict: js[0].Verdict, rounds: len(c.Rounds), win: js[0].Win}, nil
		}
		for range d.AddRounds {
			x := q.round(m, speed)
			x.Index, x.Counted = len(c.Rounds)+1, true
			c.Rounds = append(c.Rounds, x)
		}
	}
}

func measureQuestions(qs []question, trials int) (out []row, err error) {
	for _, q := range qs {
		for _, w := range q.machines {
			r, err := measure(w, method{q.Name, q.ask}, q.losses, trials)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	return out, nil
}

func questionTables(b *strings.Builder, r results) {
	b.WriteString("\nGuardrails on other quantities, against the baseline, " + fmt.Sprint(r.relative[0].at[0].trials) + " sessions per cell:\n\n")
	b.WriteString("| machine | guardrail | false fail | false pass | finds twice the margin | finds three times the margin | inconclusive | invalid | rounds |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	wins := 0
	for _, x := range r.relative {
		writeRow(b, x)
		wins = max(wins, x.at[0].wins)
	}
	fmt.Fprintf(b, "\nColumns as in the first table, with the margin named. For `p99` the variant has longer stalls than the baseline, and the same median. For memory the rows differ in the allocator, and the machine's speed does not matter. A win is claimed without a gain in at most %s of sessions of any row.\n", pct(wins, r.relative[0].at[0].trials))
	b.WriteString("\nThe same quantities held against a bound:\n\n")
	b.WriteString("| machine | guardrail | inside: pass | inside: fail | at the bound: pass | at the bound: fail | outside: pass | outside: fail | rounds |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, x := range r.bounds {
		fmt.Fprintf(b, "| %s | %s |", x.weather, x.method)
		for _, t := range x.at {
			fmt.Fprintf(b, " %s | %s |", pct(t.verdicts[judge.Pass], t.trials), pct(t.verdicts[judge.Fail], t.trials))
		}
		all := sum(x.at)
		fmt.Fprintf(b, " %.1f |\n", float64(all.rounds)/float64(all.trials))
	}
	fmt.Fprintf(b, "\n*Inside*, *outside*: the true value is better or worse than the bound by %.0f %% of a `p99`, %.0f %% of memory. *At the bound* noise alone gives either answer. A bound is about one session: on a machine whose speed drifts from hour to hour the value of the session lies above or below the bound, so that more sessions pass and fail.\n", 200*tailMargin, 200*memoryMargin)
}
