package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/assay-bench/assay/core/judge"
)

// losses are the true losses of the variant that are tried.
var losses = []float64{0, margin, 0.02, 0.03}

// seed of every random number of the study.
const seed = 20260901

// A tally counts the answers of one method on one machine at one true loss.
type tally struct {
	trials, rounds int
	verdicts       map[judge.Verdict]int
	// wrong are false answers: a fail when nothing changed, a pass when the
	// loss is at the margin or beyond. bareWrong are the trials in which the
	// method's bare estimate would have been false, kept those of them in which
	// the method all the same answered falsely.
	wrong, bareWrong, kept int
	wins                   int // gains claimed, of a variant that has none
}

// A row is one method on one machine, a tally per loss.
type row struct {
	weather, method string
	at              []tally
}

// measure runs one method on one machine at every loss.
func measure(w weather, m method, losses []float64, trials int) (row, error) {
	r := row{weather: w.name, method: m.name}
	for s, loss := range losses {
		t := tally{trials: trials, verdicts: map[judge.Verdict]int{}}
		for i := range trials {
			// The same luck for every method.
			rng := rand.New(rand.NewPCG(seed+uint64(s), uint64(i)))
			a, err := m.measure(newMachine(w, rng), 1-loss)
			if err != nil {
				return r, fmt.Errorf("%s, %s: %w", w.name, m.name, err)
			}
			t.verdicts[a.verdict]++
			t.rounds += a.rounds
			if a.win {
				t.wins++
			}
			wrong := a.verdict == judge.Fail && loss == 0 || a.verdict == judge.Pass && loss > 0
			if wrong {
				t.wrong++
			}
			if a.estimateFails == (loss == 0) {
				t.bareWrong++
				if wrong {
					t.kept++
				}
			}
		}
		r.at = append(r.at, t)
	}
	return r, nil
}

// A family is an experiment of several cases, each with its guardrail.
type family struct {
	weather, speed          string
	pass, fail, abstain, of int // experiments with at least one such verdict
}

// familyCases is the number of cases of the family study.
const familyCases = 8

// measureFamily runs experiments of eight cases in which every variant has the
// same true loss, and counts those with at least one verdict of each kind.
func measureFamily(w weather, loss float64, trials int) (family, error) {
	f := family{weather: w.name, speed: fmt.Sprintf("%.0f %%", 100*loss), of: trials}
	plan, err := judge.NewPlan(judge.Method{Claims: familyCases, Controls: familyCases})
	if err != nil {
		return f, err
	}
	for i := range trials {
		m := newMachine(w, rand.New(rand.NewPCG(seed+99, uint64(i))))
		var cases []judge.Case
		for k := range familyCases {
			c, err := session(m, plan, fmt.Sprint(k), 1-loss)
			if err != nil {
				return f, err
			}
			cases = append(cases, c)
		}
		js, err := judge.Judge(plan, guardrails, cases)
		if err != nil {
			return f, err
		}
		seen := map[judge.Verdict]bool{}
		for _, j := range js {
			seen[j.Verdict] = true
		}
		for v, n := range map[judge.Verdict]*int{judge.Pass: &f.pass, judge.Fail: &f.fail} {
			if seen[v] {
				*n++
			}
		}
		if seen[judge.Invalid] || seen[judge.Inconclusive] {
			f.abstain++
		}
	}
	return f, nil
}

// results of the whole study.
type results struct {
	trials   int
	main     []row // weathers × methods
	hard     []row // hardships, Assay alone
	families []family
	asserts  []assertRow
	winners  []winnersRow
	relative []row // other quantities against the baseline
	bounds   []row // and against a bound
}

func study(trials int) (results, error) {
	out := results{trials: trials}
	for _, w := range weathers {
		for _, m := range methods {
			r, err := measure(w, m, losses, trials)
			if err != nil {
				return out, err
			}
			out.main = append(out.main, r)
		}
	}
	for _, w := range hardships {
		r, err := measure(w, methods[len(methods)-1], losses, trials)
		if err != nil {
			return out, err
		}
		out.hard = append(out.hard, r)
	}
	for _, w := range weathers {
		for k := range asserted {
			r, err := measureAsserts(w, k, trials)
			if err != nil {
				return out, err
			}
			out.asserts = append(out.asserts, r)
		}
	}
	for _, w := range weathers[:2] {
		for _, loss := range []float64{0, margin} {
			f, err := measureFamily(w, loss, max(1, trials/4))
			if err != nil {
				return out, err
			}
			out.families = append(out.families, f)
		}
	}
	for _, w := range weathers {
		for k := range fields {
			r, err := measureWinners(w, k, max(1, trials/4))
			if err != nil {
				return out, err
			}
			out.winners = append(out.winners, r)
		}
	}
	var err error
	if out.relative, err = measureQuestions(relative, max(1, trials/8)); err != nil {
		return out, err
	}
	out.bounds, err = measureQuestions(bounds, max(1, trials/8))
	return out, err
}
