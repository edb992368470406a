package session

import (
	"testing"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/judge"
)

// A phase of which a guardrail asks a percentile is measured with one iteration a
// sample, warmed up as ever; other phases are not.
func TestPercentilesAreOfSingleIterations(t *testing.T) {
	e := experimentOf("single", variant(t, "base", true, nil), variant(t, "a", false, nil))
	e.Measure.Phases = []string{"decode", "prefill"}
	e.Measure.Samples = 10
	e.Guardrails = []config.Guardrail{{Name: "tail", Phase: "decode", Statistic: "p90", MaxTime: time.Hour, OnFail: "fail"}}
	folder, s, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	sameAsJournal(t, folder, s, results[0])
	c := results[0].Cases[0]
	for _, d := range fromFile(t, folder, results[0]).Cases[0].Rounds {
		for _, v := range d.Visits {
			for _, n := range v.Samples.Iterations {
				if single := n == 1; single != (v.Phase == "decode") {
					t.Fatalf("a sample of %s has %d iterations", v.Phase, n)
				}
			}
		}
		for _, w := range d.Warmups {
			if w.Iterations == 1 {
				t.Errorf("the warm-up of %s has single iterations", w.Phase)
			}
		}
	}
	if j := c.Judgements[0]; len(c.Judgements) != 1 || j.Verdict != judge.Pass || j.Statistic != "p90" || j.Bound == nil || j.Bound.Unit != "ns" {
		t.Errorf("%+v", c.Judgements)
	}
}

// What is judged as it is asks for no rounds beyond those of the measure block,
// and what needs rounds gets as many as its proof takes.
func TestExactGuardrailsAskForNoRounds(t *testing.T) {
	most := 3600.0
	for statistic, rounds := range map[string]int{"max": 2, "median": 5} {
		e := experimentOf("exact", variant(t, "base", true, nil), variant(t, "a", false, nil))
		e.Guardrails = []config.Guardrail{{Name: "start", Metric: "start_time", Statistic: statistic, Max: &most, OnFail: "fail"}}
		_, _, results, err := run(t, e)
		if err != nil {
			t.Fatal(err)
		}
		c := results[0].Cases[0]
		if results[0].Verdict != "pass" || len(c.Rounds) < rounds || statistic == "max" && len(c.Rounds) != rounds {
			t.Errorf("%s: %s after %d rounds: %+v", statistic, results[0].Verdict, len(c.Rounds), c.Judgements)
		}
	}
}
