package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The tables of Conover, Practical Nonparametric Statistics, table A3, p = ½.
func TestSignTestAgainstTable(t *testing.T) {
	for _, c := range []struct {
		n, k int
		want float64
	}{{5, 0, 0.03125}, {5, 1, 0.1875}, {10, 1, 0.0107}, {10, 3, 0.1719}, {16, 4, 0.0384}, {20, 5, 0.0207}} {
		values := make([]float64, c.n)
		for i := range values {
			if values[i] = 1; i < c.k {
				values[i] = -1
			}
		}
		u, err := NewUnpaired(values)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.PGreater(0); math.Abs(got-c.want) > 5e-5 {
			t.Errorf("%d of %d: %v, want %v", c.k, c.n, got, c.want)
		}
	}
	u, err := NewUnpaired(make([]float64, MaxExact))
	if err != nil || u.cdf[MaxExact] < 1-1e-9 || !(u.cdf[0] > 0) {
		t.Errorf("%d rounds: %v, %v to %v", MaxExact, err, u.cdf[0], u.cdf[MaxExact])
	}
}

// A bound and its test agree, with ties too.
func TestMedianBoundInvertsTest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		values := make([]float64, 1+r.IntN(30))
		for i := range values {
			values[i] = float64(r.IntN(8))
		}
		u, err := NewUnpaired(values)
		if err != nil {
			t.Fatal(err)
		}
		alpha, c := 0.001+0.3*r.Float64(), float64(r.IntN(8))
		lo, err := u.Lower(alpha)
		if err != nil {
			t.Fatal(err)
		}
		hi, err := u.Upper(alpha)
		if err != nil {
			t.Fatal(err)
		}
		if (u.PGreater(c) <= alpha) != (lo.Value > c) || (u.PLess(c) <= alpha) != (hi.Value < c) {
			t.Fatalf("%v at %v: [%v, %v], p above %v is %v and below it %v", values, alpha, lo, hi, c, u.PGreater(c), u.PLess(c))
		}
	}
}

// The level holds for a distribution that is nothing like symmetric.
func TestSignTestKeepsTheLevelOfSkewedValues(t *testing.T) {
	const trials, alpha = 4000, 0.05
	r := rand.New(rand.NewPCG(3, 4))
	above, below := 0, 0
	for range trials {
		values := make([]float64, 12)
		for i := range values {
			values[i] = r.ExpFloat64()
		}
		u, err := NewUnpaired(values)
		if err != nil {
			t.Fatal(err)
		}
		if u.PGreater(math.Ln2) <= alpha {
			above++
		}
		if u.PLess(math.Ln2) <= alpha {
			below++
		}
	}
	for name, n := range map[string]int{"above": above, "below": below} {
		if share := float64(n) / trials; share > alpha {
			t.Errorf("%s: %v of trials, want at most %v", name, share, alpha)
		}
	}
}

func TestBadUnpaired(t *testing.T) {
	for name, v := range map[string][]float64{"empty": nil, "NaN": {1, math.NaN()}, "infinity": {math.Inf(1)}, "too many": make([]float64, MaxExact+1)} {
		if _, err := NewUnpaired(v); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	u, err := NewUnpaired([]float64{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, alpha := range []float64{0, 1, math.NaN()} {
		if _, err := u.Lower(alpha); err == nil {
			t.Errorf("lower at %v: no error", alpha)
		}
		if _, err := u.Upper(alpha); err == nil {
			t.Errorf("upper at %v: no error", alpha)
		}
	}
}
