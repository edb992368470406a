package session

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/config"
)

// apart makes every variant run a program of its own.
func apart(variants ...config.Variant) []config.Variant {
	for i := range variants {
		variants[i].Program.Env = map[string]string{"TEST_ARM": variants[i].Name}
	}
	return variants
}

// As soon as two arms differ in what they run, every arm has a process of its own
// in every round, and so has the control, which runs the baseline's program.
func TestArmsOfDifferentProgramsAndTheControlHaveProcessesOfTheirOwn(t *testing.T) {
	e := experimentOf("apart", apart(variant(t, "base", true, nil), variant(t, "a", false, nil))...)
	folder, s, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	if len(r.Programs) != 2 || r.Programs[0].Environment[len(r.Programs[0].Environment)-1].Value != "base" {
		t.Errorf("programs %+v, want the baseline's and that of a", r.Programs)
	}
	pids := map[int]bool{}
	for _, d := range r.Cases[0].Rounds {
		var arms []string
		for _, p := range d.Processes {
			pids[p.PID] = true
			arms = append(arms, p.Arms...)
			if len(p.Arms) != 1 || (p.Program == 1) != (p.Arms[0] == "a") {
				t.Errorf("a process of program %d measures %v", p.Program, p.Arms)
			}
		}
		slices.Sort(arms)
		if !slices.Equal(arms, []string{"a", "base", "control"}) {
			t.Errorf("round %d: processes of %v", d.Index, arms)
		}
	}
	if len(pids) != 2*3 {
		t.Errorf("%d processes in 2 rounds of 3 arms, want 6", len(pids))
	}
	sameAsJournal(t, folder, s, r)
}

// In turns every visit has a process of its own.
func TestInTurnsEveryVisitHasAProcess(t *testing.T) {
	e := experimentOf("turns", apart(variant(t, "base", true, nil), variant(t, "a", false, nil))...)
	e.Measure.Residency = config.Turns
	e.Guardrails = []config.Guardrail{{Name: "tail", Phase: "decode", Statistic: "max", MaxTime: time.Hour, OnFail: "fail"}}
	folder, s, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range fromFile(t, folder, results[0]).Cases[0].Rounds {
		want := len(d.Visits)
		if i == 0 {
			want += 3 // each arm is warmed up once, to know how long a visit is
		}
		if len(d.Processes) != want || len(d.Released) != want {
			t.Errorf("round %d: %d processes and %d checks after timing for %d visits, want %d", i+1, len(d.Processes), len(d.Released), len(d.Visits), want)
		}
		for _, v := range d.Visits {
			if n := v.Samples.Iterations[0]; n != 1 {
				t.Errorf("round %d: a sample has %d iterations, asked is how long the longest one takes", i+1, n)
			}
		}
		// Warm-ups that come after the first visit do not choose iterations in their round.
		if w := d.Warmups[len(d.Warmups)-1]; w.Visit != len(d.Visits)-1 {
			t.Errorf("round %d: the last warm-up comes after visit %d of %d", i+1, w.Visit, len(d.Visits))
		}
	}
	sameAsJournal(t, folder, s, results[0])
}

// Arms that do not fit into memory together are told what helps.
func TestNoRoomNamesTurns(t *testing.T) {
	full := map[string]any{"mode": "no-room", "at": "prepare"}
	for name, variants := range map[string][]config.Variant{
		"one process": {variant(t, "base", true, nil), variant(t, "a", false, full)},
		"apart":       apart(variant(t, "base", true, nil), variant(t, "a", false, full)),
	} {
		_, _, results, err := run(t, experimentOf("full", variants...))
		if err != nil {
			t.Fatal(err)
		}
		f := results[0].Failures
		if len(f) != 1 || f[0].Kind != "refused" || strings.Contains(f[0].Message, `residency = "turns"`) != (name == "apart") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
