package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func difference(t *testing.T, paired bool, a, b []float64) *Difference {
	t.Helper()
	of := func(d []float64) Sample {
		if paired {
			p, err := NewPaired(d)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		u, err := NewUnpaired(d)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	return NewDifference(of(a), of(b))
}

// A bound and its test agree, with ties too.
func TestDifferenceBoundInvertsTest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	draw := func() []float64 {
		d := make([]float64, 4+r.IntN(12))
		for i := range d {
			d[i] = float64(r.IntN(9))
		}
		return d
	}
	for range 3000 {
		d := difference(t, r.IntN(2) == 0, draw(), draw())
		alpha, c := 0.01+0.4*r.Float64(), float64(r.IntN(17)-8)+0.3
		lo, err := d.Lower(alpha)
		if err != nil {
			t.Fatal(err)
		}
		hi, err := d.Upper(alpha)
		if err != nil {
			t.Fatal(err)
		}
		if p := d.PGreater(c); (p <= alpha) != (lo.Value > c) {
			t.Fatalf("lower bound %v at %v, but p above %v is %v", lo, alpha, c, p)
		}
		if p := d.PLess(c); (p <= alpha) != (hi.Value < c) {
			t.Fatalf("upper bound %v at %v, but p below %v is %v", hi, alpha, c, p)
		}
	}
}

func TestDifferenceIsWrongNoMoreOftenThanAlpha(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const alpha, runs, shift = 0.05, 4000, 0.3
	for _, paired := range []bool{true, false} {
		wrong, shown := 0, 0
		for range runs {
			a, b := make([]float64, 12), make([]float64, 9)
			for i := range a {
				a[i] = shift + 0.1*r.NormFloat64()
			}
			for i := range b {
				b[i] = 0.02 * r.NormFloat64()
			}
			d := difference(t, paired, a, b)
			if lo, err := d.Lower(alpha); err != nil || lo.Value > shift {
				wrong++
			} else if lo.Value > 0 {
				shown++
			}
		}
		if float64(wrong) > alpha*runs {
			t.Errorf("paired %v: %d of %d lower bounds above the truth", paired, wrong, runs)
		}
		if shown < runs/2 {
			t.Errorf("paired %v: a shift of three standard deviations is shown in %d of %d", paired, shown, runs)
		}
	}
}

func TestDifferenceOfTooFewRounds(t *testing.T) {
	d := difference(t, true, []float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{0, 0})
	lo, err := d.Lower(0.05)
	if err != nil || !lo.Open || !math.IsInf(lo.Value, -1) {
		t.Errorf("lower bound %+v, %v, want an open one", lo, err)
	}
	if p := d.PGreater(0); p < 0.25 {
		t.Errorf("p %v, from two rounds of one sample", p)
	}
	if d.N() != 2 || d.Estimate() != 4.5 {
		t.Errorf("%d rounds, estimate %v", d.N(), d.Estimate())
	}
}
