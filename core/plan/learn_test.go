package plan

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/history"
)

func lesson(session, caseID string, spread float64) history.Lesson {
	return history.Lesson{
		Version: 1, Session: session, Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Machine: "m1", Plugin: "p", Experiment: "x", Case: caseID,
		Arms: 3, VisitNs: 1e8, Rounds: 8, RoundNs: 4e9, StartNs: 2e8, Prepare: 3e8, WarmupNs: 15e7, RealNs: 11e7,
		Phases: map[string]history.PhaseNoise{"decode": {Rounds: 8, Spread: spread}, "prefill": {Rounds: 8, Spread: spread / 2}},
	}
}

func guarded(margin float64) *config.Experiment {
	e := experiment(8, 24, time.Hour, "a", "b")
	e.Plugin, e.Device = "p", "cpu"
	e.Guardrails = []config.Guardrail{{Name: "g", Phase: "decode", MinRatio: 1, Margin: margin}}
	return e
}

func learned(t *testing.T, e *config.Experiment, key string, lessons ...history.Lesson) (*Plan, Case) {
	t.Helper()
	es := []*config.Experiment{e}
	p := New(es, DefaultCosts())
	if err := p.Learn(es, &history.Knowledge{Path: "h", Lessons: lessons}, func(string) string { return key }); err != nil {
		t.Fatal(err)
	}
	return p, p.Experiments[0].Cases[0]
}

func TestLearn(t *testing.T) {
	t.Run("this very case", func(t *testing.T) {
		p, c := learned(t, guarded(0.01), "m1", lesson("s1", "default", 0.02))
		if !c.Measured || c.Round != 4*time.Second || p.Estimate != 32*time.Second || p.Maximum != 96*time.Second {
			t.Errorf("round %v, plan %v to %v", c.Round, p.Estimate, p.Maximum)
		}
		// docs/method.md tabulates the same: a spread of 2 % finds 2.0 % in 8
		// rounds and 1.3 % in 24, and a margin of 1 % takes 40.
		d := c.Detects[0]
		if len(c.Detects) != 1 || d.Phase != "decode" || !d.Own || fmt.Sprintf("%.3f %.3f %d", d.SmallestLoss, d.SmallestLossMax, d.RoundsNeeded) != "0.020 0.013 40" {
			t.Errorf("%+v", c.Detects)
		}
		if c.SmallestLoss == nil || *c.SmallestLoss != d.SmallestLoss {
			t.Errorf("smallest loss of the case %v", c.SmallestLoss)
		}
	})
	t.Run("rounds measured again, and a cooldown", func(t *testing.T) {
		e, l := guarded(0.01), lesson("s1", "default", 0.02)
		l.Repeated = 4 // for 8 that counted
		e.Measure.Cooldown = time.Second
		p, c := learned(t, e, "m1", l)
		if want := 4*time.Second + time.Duration(c.VisitsPerRound)*time.Second; c.Round != want || p.Estimate != 8*want*3/2 {
			t.Errorf("round %v, want %v; plan %v", c.Round, want, p.Estimate)
		}
	})
	t.Run("another case of the plugin, other arms", func(t *testing.T) {
		e := guarded(0.01)
		e.Cases[0].Variants = append(e.Cases[0].Variants, config.Variant{Name: "c"})
		_, c := learned(t, e, "m1", lesson("s1", "else", 0.004))
		// start, 4 arms prepared, 4 x 2 warm-ups, 16 visits that take 110 ms each
		want := 200*time.Millisecond + 4*300*time.Millisecond + 8*150*time.Millisecond + 16*110*time.Millisecond
		if !c.Measured || c.Round != want || c.Detects[0].Own {
			t.Errorf("round %v, want %v; %+v", c.Round, want, c.Detects)
		}
	})
	t.Run("no history of this machine", func(t *testing.T) {
		for _, key := range []string{"m2", ""} {
			p, c := learned(t, guarded(0.01), key, lesson("s1", "default", 0.02))
			if c.Measured || c.SmallestLoss != nil || len(c.Detects) != 0 || p.Estimate != New([]*config.Experiment{guarded(0.01)}, DefaultCosts()).Estimate {
				t.Errorf("%q: %+v", key, c)
			}
		}
	})
	t.Run("a margin of 0 needs no number of rounds", func(t *testing.T) {
		_, c := learned(t, guarded(0), "m1", lesson("s1", "default", 0.02))
		if c.Detects[0].RoundsNeeded != 0 {
			t.Errorf("%+v", c.Detects)
		}
	})
	t.Run("a silent machine", func(t *testing.T) {
		_, c := learned(t, guarded(0.01), "m1", lesson("s1", "default", 0))
		if d := c.Detects[0]; d.SmallestLoss != 0 || d.RoundsNeeded < 1 || math.IsNaN(d.SmallestLossMax) {
			t.Errorf("%+v", d)
		}
	})
	t.Run("rounds are raised as the session raises them", func(t *testing.T) {
		e := guarded(0.01)
		for i := range 15 {
			c := e.Cases[0]
			c.ID = fmt.Sprintf("n=%d", i)
			e.Cases = append(e.Cases, c)
		}
		p, _ := learned(t, e, "m1")
		x := p.Experiments[0]
		if x.Rounds <= 8 || len(x.Notes) != 1 || p.Estimate != time.Duration(16*x.Rounds)*x.Cases[0].Round {
			t.Errorf("%d rounds, notes %q", x.Rounds, x.Notes)
		}
	})
	t.Run("without guardrails only `rounds` are run", func(t *testing.T) {
		e := guarded(0.01)
		e.Guardrails = nil
		if p, _ := learned(t, e, "m1"); p.Maximum != p.Estimate {
			t.Errorf("%v to %v", p.Estimate, p.Maximum)
		}
	})
}
