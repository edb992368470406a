package judge

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/stats"
)

// A clear difference has its verdict with every plan, however noisy the control.
func TestEveryPlanSettlesBesideNoise(t *testing.T) {
	for _, claims := range []int{1, 2, 5, 64} {
		for first := 1; first <= 20; first++ {
			for _, more := range []int{0, 1, 3, 4, 16} {
				p := plan(t, Method{Rounds: first, MaxRounds: first + more, Claims: claims, Controls: claims})
				for speed, want := range map[float64]Verdict{1.5: Pass, 0.5: Fail} {
					j, rounds := session(t, p, decode, func(n int) []Case { return one(around(speed, 0.01, n), around(1, 0.2, n)) })
					if j.Verdict != want {
						t.Errorf("rounds %d, max_rounds %d, %d claims: %s after %d rounds at %v times the speed, want %s: %s",
							first, first+more, claims, j.Verdict, rounds, speed, want, j.Reason)
					}
				}
			}
		}
	}
}

// exactly is around, scaled to a standard deviation that does not change with the
// number of rounds.
func exactly(speed, spread float64, n int) []float64 {
	d := around(1, 1, n)
	scale := spread / stats.StdDev(d)
	for i := range d {
		d[i] = math.Log(speed) + scale*d[i]
	}
	return d
}

// session runs rounds until Decide stops it.
func session(t *testing.T, p Plan, g Guardrail, data func(rounds int) []Case) (Judgement, int) {
	t.Helper()
	for rounds := 0; ; {
		d, err := Decide(p, []Guardrail{g}, data(rounds)[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		if d.Stop {
			js, err := Judge(p, []Guardrail{g}, data(rounds))
			if err != nil {
				t.Fatal(err)
			}
			return js[0], rounds
		}
		rounds += d.AddRounds
	}
}

// Advice to measure with more rounds leads to a verdict when the machine and the
// variant stay as they were.
func TestAdviceBesideNoiseWorks(t *testing.T) {
	number := regexp.MustCompile(`max_rounds = (\d+)`)
	advised := 0
	for _, speed := range []float64{0.7, 0.9, 0.95, 1.05, 1.1, 1.5} {
		for _, spread := range []float64{0.02, 0.05, 0.1, 0.3} {
			data := func(n int) []Case { return one(exactly(speed, spread, n), exactly(1, spread, n)) }
			j, _ := session(t, plan(t, Method{Rounds: 8, MaxRounds: 8}), decode, data)
			m := number.FindStringSubmatch(j.Next)
			if j.Verdict != Invalid || m == nil {
				continue
			}
			advised++
			n, _ := strconv.Atoi(m[1])
			again, rounds := session(t, plan(t, Method{Rounds: 8, MaxRounds: n}), decode, data)
			if again.Verdict != Pass && again.Verdict != Fail {
				t.Errorf("%v× with a spread of %v: %s\n  after %d rounds %s: %s", speed, spread, j.Next, rounds, again.Verdict, again.Reason)
			}
		}
	}
	if advised < 5 {
		t.Errorf("only %d times more rounds were advised", advised)
	}
}

// The margin that is advised suffices for the very same data.
func TestAdvisedMarginSuffices(t *testing.T) {
	number := regexp.MustCompile(`widen the margin to ([0-9.]+) %`)
	for _, spread := range []float64{0.02, 0.1, 0.3, 0.5} {
		c := one(around(1, 0.001, 8), around(1, spread, 8))
		p := plan(t, Method{Rounds: 8, MaxRounds: 8})
		g := decode
		for range 2 {
			js, err := Judge(p, []Guardrail{g}, c)
			if err != nil {
				t.Fatal(err)
			}
			j := js[0]
			if g.Margin != decode.Margin {
				if j.Verdict != Pass {
					t.Errorf("spread %v, margin %v as advised: %s: %s", spread, g.Margin, j.Verdict, j.Reason)
				}
				break
			}
			m := number.FindStringSubmatch(j.Next)
			if j.Verdict != Invalid || m == nil {
				t.Fatalf("spread %v: %s, next %q", spread, j.Verdict, j.Next)
			}
			percent, _ := strconv.ParseFloat(m[1], 64)
			g.Margin = percent / 100
		}
	}
}

// The noise floor is in the unit of the margin: what is printed as larger is
// invalid, and nothing else.
func TestNoiseFloorIsComparedAsPrinted(t *testing.T) {
	p := plan(t, Method{Rounds: 8, MaxRounds: 8})
	for spread := 0.05; spread < 0.4; spread += 0.001 {
		g := decode
		g.Margin = 0.2
		js, err := Judge(p, []Guardrail{g}, one(around(1, 0.001, 8), around(1, spread, 8)))
		if err != nil {
			t.Fatal(err)
		}
		j := js[0]
		if floor := *j.Control.NoiseFloor; (floor > g.Margin) != (j.Verdict == Invalid) {
			t.Errorf("noise floor %v, margin %v: %s", floor, g.Margin, j.Verdict)
		}
		var shown float64
		if _, err := fmt.Sscanf(j.Reason, "noise floor %f", &shown); j.Verdict == Invalid && (err != nil || shown <= 20) {
			t.Errorf("%s: %v", j.Reason, err)
		}
	}
	close := decode
	close.Margin = 0.2
	x := test{g: close, control: controlReading{Control: Control{NoiseFloor: ptr(0.20004)}}}
	if got := x.noiseFloor(); got != "20.004 %" {
		t.Errorf("a noise floor just above the margin is printed as %q", got)
	}
}

// Rounds go on past a noisy control while the last look could prove the effect
// measured, and not without an effect.
func TestNoiseIsNotHopelessBesideALargeEffect(t *testing.T) {
	p := plan(t, Method{Claims: 3})
	noisy := around(1, 0.2, 8)
	for speed, stop := range map[float64]bool{1: true, 1.5: false, 0.5: false} {
		d, err := Decide(p, []Guardrail{decode}, one(around(speed, 0.01, 8), noisy)[0], nil)
		if err != nil || d.Stop != stop {
			t.Errorf("%v×: %+v, %v, want stop %v", speed, d, err, stop)
		}
	}
	if d, _ := Decide(p, []Guardrail{{Name: "g", Phase: "decode", MinRatio: 1, Margin: 0}}, one(around(1, 0.2, 8), noisy)[0], nil); strings.Contains(d.Reason, fmt.Sprint(math.Inf(1))) {
		t.Error(d.Reason)
	}
}
