package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// reference is testdata/reference.json, written by testdata/reference.py.
type reference struct {
	Paired []struct {
		D     []float64
		HL    float64
		Tests []struct{ C, Greater, Less float64 }
		Bound []struct {
			Alpha        float64
			Lower, Upper *float64
		} `json:"bounds"`
	}
	Tails []struct {
		N, W int
		P    float64
	}
	Holm []struct {
		P        []float64
		Rejected []bool
	}
	MannWhitney []struct {
		X, Y []float64
		P    float64
	} `json:"mann_whitney"`
	Median []struct {
		X         []float64
		Median    float64
		Low, High *float64
		Coverage  map[string]float64 // "i,j" -> P(x_(i) <= median < x_(j))
	}
	Spending []struct {
		T, Alpha, Pocock float64
		OBF              float64 `json:"obrien-fleming"`
	}
	Planning []struct {
		Sigma, Delta, Alpha, Power float64
		Rounds                     int
	}
}

func load(t *testing.T) reference {
	t.Helper()
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Paired) == 0 || len(r.Tails) == 0 || len(r.Holm) == 0 || len(r.MannWhitney) == 0 ||
		len(r.Median) == 0 || len(r.Spending) == 0 || len(r.Planning) == 0 {
		t.Fatal("testdata/reference.json lacks a table")
	}
	return r
}

func near(a, b, rel float64) bool {
	return a == b || math.Abs(a-b) <= rel*math.Max(math.Abs(a), math.Abs(b))
}

func TestSignedRankAgainstScipy(t *testing.T) {
	for _, c := range load(t).Paired {
		p, err := NewPaired(c.D)
		if err != nil {
			t.Fatal(err)
		}
		if !near(p.Estimate(), c.HL, 1e-12) {
			t.Errorf("n=%d: Hodges-Lehmann %v, want %v", p.N(), p.Estimate(), c.HL)
		}
		for _, x := range c.Tests {
			if got := p.PGreater(x.C); !near(got, x.Greater, 1e-12) {
				t.Errorf("n=%d: p(centre > %v) = %v, want %v", p.N(), x.C, got, x.Greater)
			}
			if got := p.PLess(x.C); !near(got, x.Less, 1e-12) {
				t.Errorf("n=%d: p(centre < %v) = %v, want %v", p.N(), x.C, got, x.Less)
			}
		}
		for _, b := range c.Bound {
			lo, _ := p.Lower(b.Alpha)
			hi, _ := p.Upper(b.Alpha)
			checkBound(t, "lower", p.N(), b.Alpha, lo, b.Lower, -1)
			checkBound(t, "upper", p.N(), b.Alpha, hi, b.Upper, 1)
		}
	}
}

func checkBound(t *testing.T, name string, n int, alpha float64, got Bound, want *float64, sign int) {
	t.Helper()
	switch {
	case want == nil:
		if !got.Open || !math.IsInf(got.Value, sign) {
			t.Errorf("n=%d alpha=%v: %s %+v, want open", n, alpha, name, got)
		}
	case got.Open || !near(got.Value, *want, 1e-12):
		t.Errorf("n=%d alpha=%v: %s %+v, want %v", n, alpha, name, got, *want)
	}
}

func TestSignedRankTails(t *testing.T) {
	for _, c := range load(t).Tails {
		cdf, err := SignedRankCDF(c.N)
		if err != nil {
			t.Fatal(err)
		}
		if !near(cdf[c.W], c.P, 1e-12) {
			t.Errorf("P(W <= %d), n=%d: %v, want %v", c.W, c.N, cdf[c.W], c.P)
		}
	}
	for _, n := range []int{0, -1, MaxExact + 1} {
		if _, err := SignedRankCDF(n); err == nil {
			t.Errorf("n=%d: no error", n)
		}
	}
}

// With tied and zero data the error must stay below alpha for every alpha.
// Under the null each sign is a fair coin given the magnitudes, so going
// through all 2ⁿ sign patterns gives the exact distribution of the p-value.
func TestTiesAndZerosKeepTheLevel(t *testing.T) {
	for _, mags := range [][]float64{
		{0, 0, 0, 0, 0, 0, 0, 0},
		{1, 1, 1, 1, 1, 1, 1, 1},
		{0, 0, 1, 1, 2, 2, 2, 3},
		{0, 1, 2, 3, 4, 5, 6, 7},
		{1, 1, 1, 2, 2, 5, 5, 5, 9},
	} {
		n := len(mags)
		ps := make([]float64, 0, 1<<n)
		for s := range 1 << n {
			d := make([]float64, n)
			for i, m := range mags {
				if d[i] = m; s>>i&1 == 1 {
					d[i] = -m
				}
			}
			p, err := NewPaired(d)
			if err != nil {
				t.Fatal(err)
			}
			ps = append(ps, p.PGreater(0))
		}
		for _, alpha := range ps {
			hits := 0
			for _, p := range ps {
				if p <= alpha {
					hits++
				}
			}
			if got := float64(hits) / float64(len(ps)); got > alpha*(1+1e-12) {
				t.Errorf("%v: P(p <= %v) = %v", mags, alpha, got)
			}
		}
	}
}

// A bound and its test must never disagree, tied data included.
func TestBoundInvertsTest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		d := make([]float64, 1+r.IntN(14))
		for i := range d {
			d[i] = float64(r.IntN(9) - 4)
		}
		c, alpha := float64(r.IntN(9)-4)/2, math.Exp(-6*r.Float64())*0.5
		p, err := NewPaired(d)
		if err != nil {
			t.Fatal(err)
		}
		lo, _ := p.Lower(alpha)
		hi, _ := p.Upper(alpha)
		if (p.PGreater(c) <= alpha) != (lo.Value > c) {
			t.Fatalf("%v: p(centre > %v) = %v but lower bound %v at %v", d, c, p.PGreater(c), lo.Value, alpha)
		}
		if (p.PLess(c) <= alpha) != (hi.Value < c) {
			t.Fatalf("%v: p(centre < %v) = %v but upper bound %v at %v", d, c, p.PLess(c), hi.Value, alpha)
		}
	}
}

func TestBadSamples(t *testing.T) {
	for name, d := range map[string][]float64{
		"empty": nil, "nan": {1, math.NaN()}, "inf": {math.Inf(-1)}, "huge": make([]float64, MaxExact+1),
	} {
		if _, err := NewPaired(d); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	two, err := NewPaired([]float64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, alpha := range []float64{0, 1, -1, math.NaN()} {
		_, err := two.Lower(alpha)
		if _, err2 := two.Upper(alpha); err == nil || err2 == nil {
			t.Errorf("alpha %v: no error", alpha)
		}
	}
	// The largest finite values must not overflow into an infinite average.
	huge, err := NewPaired([]float64{math.MaxFloat64, math.MaxFloat64})
	if err != nil || math.IsInf(huge.Estimate(), 0) {
		t.Errorf("huge values: %v, %v", huge, err)
	}
}

func TestHolmAgainstStatsmodels(t *testing.T) {
	for _, c := range load(t).Holm {
		got, err := Holm(c.P, len(c.P), 0.05)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range got {
			if g.Rejected != c.Rejected[i] || g.Rejected != (c.P[i] <= g.Alpha) {
				t.Errorf("%v: claim %d: %+v, want rejected %v", c.P, i, g, c.Rejected[i])
			}
		}
	}
	got, err := Holm([]float64{0.01, 0.02}, 5, 0.05)
	if err != nil || !got[0].Rejected || got[1].Rejected || got[1].Alpha != 0.05/4 {
		t.Errorf("planned family of 5: %+v, %v", got, err)
	}
	for name, bad := range map[string][]float64{"nan": {math.NaN()}, "negative": {-1}, "family": {0.1, 0.2}} {
		if _, err := Holm(bad, 1, 0.05); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMannWhitneyAgainstScipy(t *testing.T) {
	for _, c := range load(t).MannWhitney {
		if p, err := MannWhitney(c.X, c.Y); err != nil || !near(p, c.P, 1e-9) {
			t.Errorf("%d against %d values: %v, %v, want %v", len(c.X), len(c.Y), p, err, c.P)
		}
	}
	if _, err := MannWhitney([]float64{1}, []float64{math.NaN()}); err == nil {
		t.Error("NaN: no error")
	}
}

func TestMedianCIAgainstScipy(t *testing.T) {
	for _, c := range load(t).Median {
		m, err := MedianCI(c.X, 0.95)
		if err != nil || !near(m.Median, c.Median, 1e-12) || m.Open != (c.Low == nil) {
			t.Errorf("%v: %+v, %v", c.X, m, err)
			continue
		}
		if m.Open {
			continue
		}
		// benchmath's interval is the symmetric one or, where 95 % allows it,
		// one order statistic shorter.
		x := slices.Sorted(slices.Values(c.X))
		orders := fmt.Sprintf("%d,%d", slices.Index(x, m.Low)+1, slices.Index(x, m.High)+1)
		if cover := c.Coverage[orders]; cover < 0.95 || !near(m.Confidence, cover, 1e-12) {
			t.Errorf("n=%d: order statistics %s, confidence %v, want %v", len(x), orders, m.Confidence, cover)
		}
	}
	if _, err := MedianCI(nil, 0.95); err == nil {
		t.Error("empty: no error")
	}
	if _, err := MedianCI([]float64{1}, 1); err == nil {
		t.Error("confidence 1: no error")
	}
}

func TestSpendingAgainstScipy(t *testing.T) {
	for _, c := range load(t).Spending {
		for s, want := range map[Spending]float64{Pocock: c.Pocock, OBrienFleming: c.OBF} {
			if got, err := s.spent(c.T, c.Alpha); err != nil || !near(got, want, 1e-9) {
				t.Errorf("%s at %v of %v: %v, %v, want %v", s, c.T, c.Alpha, got, err, want)
			}
		}
	}
	for _, s := range []Spending{Pocock, OBrienFleming} {
		a, err := LookAlphas([]int{8, 16, 24}, 0.05, s)
		if err != nil || !near(a[0]+a[1]+a[2], 0.05, 1e-12) {
			t.Errorf("%s: %v, %v: the levels must add up to 0.05", s, a, err)
		}
	}
	for _, bad := range [][]int{nil, {0, 8}, {8, 8}, {16, 8}} {
		if _, err := LookAlphas(bad, 0.05, Pocock); err == nil {
			t.Errorf("looks %v: no error", bad)
		}
	}
	if _, err := LookAlphas([]int{8}, 0.05, "none"); err == nil {
		t.Error("unknown spending: no error")
	}
}

func TestPlanning(t *testing.T) {
	for _, c := range load(t).Planning {
		n, err := RoundsNeeded(c.Sigma, c.Delta, c.Alpha, c.Power)
		if err != nil || n != c.Rounds {
			t.Errorf("%+v: %d, %v", c, n, err)
			continue
		}
		// With that many rounds the effect is detectable, with one less it is
		// not, unless the fewest rounds of the exact test decide.
		least, _ := MinRounds(c.Alpha)
		at, _ := SmallestDetectable(n, c.Sigma, c.Alpha, c.Power)
		below, _ := SmallestDetectable(n-1, c.Sigma, c.Alpha, c.Power)
		if at > c.Delta || (n > least && below <= c.Delta) {
			t.Errorf("%+v: detectable %v with %d rounds, %v with one less", c, at, n, below)
		}
	}
	for _, c := range []struct {
		alpha float64
		want  int
	}{{0.5, 1}, {0.05, 5}, {0.03125, 5}, {0.03, 6}, {0.0039, 9}, {1e-9, 30}} {
		if n, err := MinRounds(c.alpha); err != nil || n != c.want {
			t.Errorf("MinRounds(%v) = %d, %v, want %d", c.alpha, n, err, c.want)
		}
		if d, err := SmallestDetectable(c.want-1, 0.01, c.alpha, 0.8); err != nil || !math.IsInf(d, 1) {
			t.Errorf("%d rounds at %v: detectable %v, %v, want +Inf", c.want-1, c.alpha, d, err)
		}
	}
	if n, err := RoundsNeeded(1, 1e-9, 0.05, 0.8); err != nil || n != math.MaxInt32 {
		t.Errorf("hopeless plan: %d, %v", n, err)
	}
	for name, f := range map[string]func() error{
		"spread":  func() error { _, err := RoundsNeeded(math.NaN(), 1, 0.05, 0.8); return err },
		"effect":  func() error { _, err := RoundsNeeded(1, 0, 0.05, 0.8); return err },
		"power":   func() error { _, err := RoundsNeeded(1, 1, 0.05, 1); return err },
		"alpha":   func() error { _, err := MinRounds(0); return err },
		"minimum": func() error { _, err := SmallestDetectable(8, -1, 0.05, 0.8); return err },
	} {
		if f() == nil {
			t.Errorf("bad %s: no error", name)
		}
	}
}
