package record

import (
	"math"
	"testing"
)

// yardRound is a round of two passes in which arm "a" moves 1000 bytes an
// iteration. rates are those of the yardstick in each pass, in GB/s, and times
// those of the arm, in ns.
func yardRound(name string, rates, times [2]float64) Round {
	d := Round{Counted: true, Arms: []string{"a", "b"}}
	d.Prepared = []Prepared{{Variant: "a", Phases: map[string]PhaseFacts{"decode": {Bytes: 1000, Yardstick: name}}}}
	for i := range 2 {
		if rates[i] > 0 {
			d.Yardsticks = append(d.Yardsticks, Yardstick{Name: d.Wanted(d.Arms, "decode")[0], Arms: d.Arms, Phase: "decode", Pass: i + 1, Bytes: int64(rates[i] * 1e6), Ns: 1e6})
		}
		v := Visit{Index: i + 1, Variant: "a", Phase: "decode", Pass: i + 1}
		for seq := range 3 { // the fastest of them counts
			v.Samples.Add(Sample{Seq: uint64(seq + 1), Iterations: 10, WallNs: int64(10 * times[i] * float64(seq+1))})
		}
		d.Visits = append(d.Visits, v)
	}
	return d
}

func TestSharesOfYardsticks(t *testing.T) {
	rounds := func(n int, of func(i int) Round) (out []Round) {
		for i := range n {
			out = append(out, of(i))
		}
		return out
	}
	cases := []struct {
		name       string
		rounds     []Round
		want       float64 // 0: no share
		rate       float64
		open       bool
		impossible bool
	}{
		{"memory that halves and doubles with its arm between rounds and passes", rounds(8, func(i int) Round {
			f := float64(1 + i%2)
			return yardRound("", [2]float64{40 * f, 80 * f}, [2]float64{50 / f, 25 / f})
		}), 0.5, 90, false, false},
		{"too few rounds for an interval", rounds(3, func(int) Round { return yardRound("", [2]float64{40, 40}, [2]float64{50, 50}) }), 0.5, 40, true, false},
		{"a pass without its yardstick", rounds(8, func(int) Round { return yardRound("", [2]float64{0, 40}, [2]float64{1, 50}) }), 0.5, 40, false, false},
		{"a copy", rounds(8, func(int) Round { return yardRound(Copy, [2]float64{80, 80}, [2]float64{50, 50}) }), 0.25, 80, false, false},
		{"a little above the yardstick", rounds(8, func(int) Round { return yardRound("", [2]float64{20, 20}, [2]float64{48, 48}) }), 1.0417, 20, false, false},
		{"three times the yardstick", rounds(8, func(int) Round { return yardRound("", [2]float64{20, 20}, [2]float64{16, 16}) }), 3.125, 20, false, true},
		{"three times the yardstick in few rounds", rounds(3, func(int) Round { return yardRound("", [2]float64{20, 20}, [2]float64{16, 16}) }), 3.125, 20, true, false},
		{"no yardstick", rounds(8, func(int) Round { return yardRound("", [2]float64{}, [2]float64{16, 16}) }), 0, 0, false, false},
		{"rounds that do not count", rounds(8, func(int) Round {
			d := yardRound("", [2]float64{20, 20}, [2]float64{16, 16})
			d.Counted = false
			return d
		}), 0, 0, false, false},
		{"another phase's yardstick", rounds(8, func(int) Round {
			d := yardRound("", [2]float64{20, 20}, [2]float64{16, 16})
			for i := range d.Yardsticks {
				d.Yardsticks[i].Phase = "prefill"
			}
			return d
		}), 0, 0, false, false},
		{"another process's yardstick", rounds(8, func(int) Round {
			d := yardRound("", [2]float64{20, 20}, [2]float64{16, 16})
			for i := range d.Yardsticks {
				d.Yardsticks[i].Arms = []string{"b"}
			}
			return d
		}), 0, 0, false, false},
		{"one that was not measured", rounds(8, func(int) Round {
			d := yardRound("", [2]float64{20, 20}, [2]float64{16, 16})
			for i := range d.Yardsticks {
				d.Yardsticks[i].Bytes, d.Yardsticks[i].Ns, d.Yardsticks[i].Problem = 0, 0, "no memory"
			}
			return d
		}), 0, 0, false, false},
	}
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			s, err := new(Result).share(&Case{Rounds: k.rounds}, "a", "decode")
			if err != nil {
				t.Fatal(err)
			}
			if k.want == 0 {
				if s != nil {
					t.Errorf("share %+v, want none", s)
				}
				return
			}
			if s == nil || math.Abs(s.Share-k.want) > 1e-3 || math.Abs(s.GBps-k.rate) > 1e-9 || s.Rounds != len(k.rounds) {
				t.Fatalf("share %+v, want %v of %v GB/s", s, k.want, k.rate)
			}
			if (s.Lower == nil) != k.open || (s.Upper == nil) != k.open || s.Impossible != k.impossible {
				t.Errorf("bounds %v and %v, impossible %v", s.Lower, s.Upper, s.Impossible)
			}
		})
	}
}
