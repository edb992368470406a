package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/stats"
)

// twins counts what sessions conclude of copies of one variant, of which nothing
// is to be concluded.
type twins struct {
	sessions, rounds int
	wrong            map[string]int // question: answers that there should not be
	asked            map[string]int
	share            map[int][]float64 // first place of the copy in its round: by session, the share of rounds in which it beats the baseline
}

func studyTwins(n int, folder string, m *machine) error {
	t := twins{wrong: map[string]int{}, asked: map[string]int{}, share: map[int][]float64{}}
	if err := m.sessions(n, folder, nil, t.session); err != nil {
		return err
	}
	t.print()
	return nil
}

func (t *twins) session(r *record.Result, _ time.Duration) error {
	if len(r.Cases) != 1 || len(r.Cases[0].Judgements) == 0 {
		return fmt.Errorf("session %s judged nothing", r.Session.ID)
	}
	t.sessions++
	ask := func(question string, wrong bool, answer any) {
		t.asked[question]++
		if wrong {
			t.wrong[question]++
			text, _ := json.Marshal(answer) // what a document is made of
			fmt.Fprintf(os.Stderr, "\r\x1b[Kseed %d: %s: %s\n", r.Session.Seed, question, text)
		}
	}
	c := &r.Cases[0]
	for _, j := range c.Judgements {
		ask("guardrail "+j.Guardrail+": fail", j.Verdict == "fail", j)
		ask("guardrail "+j.Guardrail+": win", j.Win, j)
	}
	for _, a := range c.Asserts {
		ask("assert "+a.Name+": pass or fail", a.Verdict == judge.Pass || a.Verdict == judge.Fail, a)
	}
	for _, s := range r.Selections {
		ask("select "+s.Name+": a winner", s.Variant != "", s)
	}
	t.places(c)
	return nil
}

// places gathers how often a copy beats the baseline by its place in the first
// pass, the control among the copies. Rounds of a session share its weather, so
// that a session gives one share for each place.
func (t *twins) places(c *record.Case) {
	base := c.Variants[0].Name
	beats, of := map[int]int{}, map[int]int{}
	for i := range c.Rounds {
		d := &c.Rounds[i]
		if !d.Counted {
			continue
		}
		t.rounds++
		for place, name := range d.Order["decode"] {
			ratio, ok := d.LogRatio(base, name, "decode")
			if name == base || !ok {
				continue
			}
			of[place]++
			if ratio > 0 {
				beats[place]++
			}
		}
	}
	for place, n := range of {
		t.share[place] = append(t.share[place], float64(beats[place])/float64(n))
	}
}

func (t *twins) print() {
	fmt.Printf("\n%d sessions of three copies, %d rounds\n\n| answer that is wrong of copies | asked | given |\n|---|--:|--:|\n", t.sessions, t.rounds)
	for _, q := range slices.Sorted(maps.Keys(t.asked)) {
		fmt.Printf("| %s | %d | %d |\n", q, t.asked[q], t.wrong[q])
	}
	fmt.Printf("\n| place of the copy in the first pass | rounds in which it beats the baseline | 95 %% interval over sessions |\n|--:|--:|---|\n")
	for _, place := range slices.Sorted(maps.Keys(t.share)) {
		mean, half := meanOf(t.share[place])
		fmt.Printf("| %d | %.1f %% | %.1f to %.1f %% |\n", place+1, 100*mean, 100*(mean-half), 100*(mean+half))
	}
}

// meanOf is a mean with the half-width of its normal 95 % interval.
func meanOf(xs []float64) (mean, half float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	return mean, 1.96 * stats.StdDev(xs) / math.Sqrt(float64(len(xs)))
}
