package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

func TestFailuresCostAVisitAndNothingElse(t *testing.T) {
	for _, c := range []struct{ mode, kind string }{
		{"panic", "panic"}, {"sigkill", "signal"}, {"segv", "signal"}, {"exit3", "exited"}, {"hang", "hang"},
		{"stop", "hang"}, {"device-fault", "gpu_fault"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel() // some wait for a silence to end
			e := experimentOf("victims",
				variant(t, "base", true, nil), variant(t, "good", false, nil),
				// Warm-up ends within its first windows, so the sixteenth batch is in a visit.
				variant(t, "victim", false, map[string]any{"mode": c.mode, "sample": 16}))
			e.Measure.WarmupMax = time.Nanosecond
			e.Measure.Samples, e.Measure.Visit = 15, 15*time.Millisecond
			if c.kind == "hang" { // else a busy machine alone makes an arm silent for as long
				e.Measure.HeartbeatTimeout = 2 * time.Second
			}
			next := experimentOf("next", variant(t, "base", true, nil), variant(t, "good", false, nil))
			folder, s, results, err := run(t, e, next)
			if err != nil {
				t.Fatal(err)
			}
			r := results[0]
			strikes := 0
			for _, f := range r.Failures {
				if f.Variant == "victim" && f.Kind == c.kind && f.Stage == "visit" || f.Stage == "warm-up" {
					strikes++
				}
			}
			if strikes != 2 {
				t.Fatalf("%d failures of kind %s of the victim, want 2; first: %s", strikes, c.kind, first(r.Failures))
			}
			if r.Status != record.Crashed && r.Status != record.Hung {
				t.Errorf("status %s, want crashed or hung", r.Status)
			}
			if v := r.Cases[0].Variants[2]; v.Name != "victim" || v.Failure == "" {
				t.Errorf("variant %s left for %q, want victim and a reason", v.Name, v.Failure)
			}
			if good := r.Cases[0].Variants[1]; good.Phases["decode"].Rounds != 2 {
				t.Errorf("the good variant has %d counted rounds, want 2", good.Phases["decode"].Rounds)
			}
			if kept(fromFile(t, folder, r), "victim") == 0 {
				t.Error("no sample of the victim from before its death was kept")
			}
			if results[1].Status != record.Complete {
				t.Errorf("the next experiment is %s, want complete", results[1].Status)
			}
			if r.Probe == nil || !r.Probe.Healthy || results[1].Probe != nil {
				t.Errorf("device probes %+v and %+v, want a healthy one after the failures and none after the sound experiment", r.Probe, results[1].Probe)
			}
			sameAsJournal(t, folder, s, r)
			sameAsJournal(t, folder, s, results[1])
		})
	}
}

// What keeps an arm from being prepared is said once, with the judgements that it
// costs; the control is the baseline's program and configuration again.
func TestWhatCannotBePreparedIsNamed(t *testing.T) {
	guarded := func(name string, base, victim map[string]any) *config.Experiment {
		e := experimentOf(name, variant(t, "base", true, base), variant(t, "good", false, nil), variant(t, "victim", false, victim))
		e.Guardrails = []config.Guardrail{{Name: "speed", Phase: "decode", MinRatio: 1, Margin: 0.9, OnFail: "fail"}}
		e.Measure.Rounds, e.Measure.MaxRounds = 7, 7
		return e
	}
	for _, mode := range []string{"user-error", "exit3"} {
		broken := map[string]any{"mode": mode, "at": "prepare"}
		_, _, results, err := run(t, guarded("baseline", broken, nil), guarded("variant", nil, broken))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range results[0].Failures {
			if f.Variant != "base" || f.Stage != "prepare" {
				t.Errorf("%s: a failure of %q in %s, want base's in prepare", mode, f.Variant, f.Stage)
			}
		}
		if n := len(results[0].Failures); n > 2 || mode == "user-error" && n != 1 {
			t.Errorf("%s: %d failures", mode, n)
		}
		for _, j := range results[0].Cases[0].Judgements {
			if j.Verdict != judge.Invalid || !strings.Contains(j.Reason, `the baseline "base" failed (prepare): `) || !strings.Contains(j.Next, "mend") {
				t.Errorf("%s of the baseline: %s %s: %s; next: %s", mode, j.Variant, j.Verdict, j.Reason, j.Next)
			}
		}
		for _, j := range results[1].Cases[0].Judgements {
			lost := j.Verdict == judge.Invalid && strings.Contains(j.Reason, `"victim" failed (prepare): `) && strings.Contains(j.Next, "mend")
			if lost != (j.Variant == "victim") || j.Variant == "good" && j.Verdict != judge.Pass {
				t.Errorf("%s of a variant: %s %s with %d rounds: %s; next: %s", mode, j.Variant, j.Verdict, j.Rounds, j.Reason, j.Next)
			}
		}
	}
}

func first(fs []record.Failure) string {
	if len(fs) == 0 {
		return "none"
	}
	return fmt.Sprintf("%s %s %s %s", fs[0].Variant, fs[0].Stage, fs[0].Kind, fs[0].Message)
}

func kept(r *record.Result, variant string) int {
	n := 0
	for _, d := range r.Cases[0].Rounds {
		for _, v := range d.Visits {
			if v.Variant == variant {
				n += v.Samples.Len()
			}
		}
	}
	return n
}

// What is prepared for one sample is released in as much time as the arms are.
func TestAReleaseForEachSampleHasItsLimit(t *testing.T) {
	e := experimentOf("each", variant(t, "base", true, nil), variant(t, "victim", false, map[string]any{"mode": "hang", "at": "release"}))
	e.Measure.Inputs, e.Measure.PrepareTimeout = config.PerSample, 3*time.Second
	_, _, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	found := results[0].Failures
	if len(found) == 0 {
		t.Fatal("no failure, want that of a release that hangs")
	}
	if f := found[0]; f.Variant != "victim" || f.Stage != stageVisit || !strings.Contains(f.Message, "prepare_timeout") {
		t.Errorf("%s failed in %s: %s; want the victim in a visit, for its prepare_timeout", f.Variant, f.Stage, f.Message)
	}
}
