package session

import (
	"fmt"
	"slices"
	"testing"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// events of a round's passes in order: "pass arm", or "pass = arms" of yardsticks.
func ofPasses(t *testing.T, s *Session) (rounds map[int][]string) {
	t.Helper()
	events, _, err := record.ReadJournal(s.Journal())
	if err != nil {
		t.Fatal(err)
	}
	rounds = map[int][]string{}
	for _, e := range events {
		switch d := e.Data.(type) {
		case record.VisitEvent:
			rounds[d.Round] = append(rounds[d.Round], fmt.Sprintf("%d %s", d.Visit.Pass, d.Visit.Variant))
		case record.YardstickEvent:
			if d.Yardstick.Bytes != 1<<10 || d.Yardstick.Ns != 10_000 || d.Yardstick.Name != record.Stream || d.Yardstick.Phase != "decode" {
				t.Errorf("yardstick %+v", d.Yardstick)
			}
			rounds[d.Round] = append(rounds[d.Round], fmt.Sprintf("%d = %v", d.Yardstick.Pass, d.Yardstick.Arms))
		}
	}
	return rounds
}

// In every pass the process measures its yardstick once, between two visits, and
// the way back mirrors the way there.
func TestYardsticksStandInTheOrderOfAPass(t *testing.T) {
	e := experimentOf("yardsticks", variant(t, "base", true, nil), variant(t, "a", false, nil), variant(t, "b", false, nil))
	e.Measure.Rounds, e.Measure.MaxRounds, e.Measure.Passes = 6, 6, 2
	folder, s, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	sameAsJournal(t, folder, s, results[0])
	places := map[int]bool{}
	for number, all := range ofPasses(t, s) {
		if len(all) != 4*5 {
			t.Fatalf("round %d: %v, want 4 passes of 4 arms and a yardstick", number, all)
		}
		for pass := range 4 {
			var there []string
			for _, x := range all[5*pass : 5*pass+5] {
				there = append(there, x[2:])
			}
			at := slices.Index(there, "= [base a b control]")
			if at < 1 || at > 3 {
				t.Errorf("round %d, pass %d: %v: want a yardstick between two visits", number, pass+1, there)
			}
			places[at] = true
			if pass%2 == 1 {
				continue
			}
			var back []string
			for _, x := range all[5*pass+5 : 5*pass+10] {
				back = append(back, x[2:])
			}
			slices.Reverse(back)
			if !slices.Equal(there, back) {
				t.Errorf("round %d: %v there, and back in reverse %v", number, there, back)
			}
		}
	}
	if len(places) < 2 {
		t.Errorf("yardsticks always stand at %v: the place is to be drawn", places)
	}
	for _, v := range results[0].Cases[0].Variants {
		share := v.Phases["decode"].Share
		// 1 KiB in 20 µs of 1 KiB in 10 µs.
		if share == nil || share.Share < 0.45 || share.Share > 0.51 || share.Rounds != 6 || share.Lower == nil || share.GBps != 0.1024 {
			t.Errorf("%s: share %+v, want about a half of 0.1024 GB/s", v.Name, share)
		}
	}
	if o := results[0].Session.Overhead; o.Yardsticks <= 0 || o.Warmup <= 0 || o.Warmup >= o.Visits {
		t.Errorf("overhead %+v", o)
	}
}

// Every process has yardsticks of its own, and in turns every visit.
func TestYardsticksOfProcessesOfTheirOwn(t *testing.T) {
	for _, residency := range []string{config.Together, config.Turns} {
		e := experimentOf("apart", apart(variant(t, "base", true, nil), variant(t, "a", false, nil))...)
		e.Measure.Residency = residency
		_, s, results, err := run(t, e)
		if err != nil {
			t.Fatal(err)
		}
		for number, all := range ofPasses(t, s) {
			for pass := 1; pass <= 2; pass++ {
				for _, arm := range []string{"base", "a", "control"} {
					want := fmt.Sprintf("%d = [%s]", pass, arm)
					at := slices.Index(all, want)
					if at < 0 || slices.Contains(all[at+1:], want) {
						t.Errorf("%s, round %d: %v: want %q once", residency, number, all, want)
						continue
					}
					if visit := fmt.Sprintf("%d %s", pass, arm); residency == config.Turns && all[at+1] != visit {
						t.Errorf("%s, round %d: %v: want %q right before %q", residency, number, all, want, visit)
					}
				}
			}
		}
		if share := results[0].Cases[0].Variants[0].Phases["decode"].Share; share == nil {
			t.Errorf("%s: the baseline has no share of its yardstick", residency)
		}
	}
}

func TestNoYardstickWhereItSaysNothing(t *testing.T) {
	hot := experimentOf("hot", variant(t, "base", true, nil), variant(t, "a", false, nil))
	hot.Measure.Cache = "hot"
	simulated := experimentOf("simulated", variant(t, "base", true, nil), variant(t, "a", false, nil))
	simulated.Device, simulated.Kind = "auto", "sim"
	for i := range simulated.Cases[0].Variants {
		simulated.Cases[0].Variants[i].Program = config.Program{Plugin: simulated.Plugin, Device: "auto", Kind: "sim"}
	}
	for _, e := range []*config.Experiment{hot, simulated} {
		_, _, results, err := run(t, e)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range results[0].Cases[0].Rounds {
			if len(d.Yardsticks) > 0 {
				t.Errorf("%s: yardsticks %+v", e.Name, d.Yardsticks)
			}
		}
	}
}
