package record

import (
	"math"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/stats"
)

// field is a contest with the scale of its values.
type field struct {
	judge.Contest
	ratio bool // values are logarithms
	sign  float64
}

// value is an estimate as the aim's author knows it.
func (f *field) value(estimate float64) *float64 {
	x := f.sign * estimate
	if f.ratio {
		x = math.Min(math.Exp(x), math.MaxFloat64)
	}
	return &x
}

func (f *field) against(p *stats.Paired, alpha float64) (*Against, error) {
	lo, err := p.Lower(alpha)
	if err != nil {
		return nil, err
	}
	hi, err := p.Upper(alpha)
	if err != nil {
		return nil, err
	}
	scaled := func(x float64) float64 {
		if f.ratio {
			return math.Min(math.Exp(x), math.MaxFloat64)
		}
		return x
	}
	out := &Against{Estimate: scaled(p.Estimate()), Rounds: p.N()}
	if !lo.Open {
		v := scaled(lo.Value)
		out.Lower = &v
	}
	if !hi.Open {
		v := scaled(hi.Value)
		out.Upper = &v
	}
	return out, nil
}

// field makes the contest of candidates in some rounds. Values that are all above
// 0 are compared by their ratio, others by their difference.
func (r *Result) field(c *Case, s *Select, rounds []Round, who []Candidate) *field {
	f := &field{ratio: true, sign: s.sign()}
	n := len(who)
	f.Names, f.Values = make([]string, n), make([][]float64, n)
	for i := range who {
		f.Names[i] = who[i].Variant
	}
	if s.Phase != "" {
		f.bySpeed(c.baseline().Name, s.Phase, rounds)
		return f
	}
	for _, k := range who {
		for _, v := range k.Values {
			f.ratio = f.ratio && (v == nil || *v > 0)
		}
	}
	scaled := func(x float64) float64 {
		if f.ratio {
			x = math.Log(x)
		}
		return f.sign * x
	}
	for i, k := range who {
		for _, v := range k.Values {
			if v != nil {
				f.Values[i] = append(f.Values[i], scaled(*v))
			}
		}
	}
	f.Pair = func(i, j int) (out []float64) {
		a, b := who[i].Values, who[j].Values
		for k := range min(len(a), len(b)) {
			if a[k] != nil && b[k] != nil {
				out = append(out, scaled(*a[k])-scaled(*b[k]))
			}
		}
		return out
	}
	return f
}

// bySpeed compares neighbouring visits with each other, not each with the
// baseline's: that has less noise.
func (f *field) bySpeed(base, phase string, rounds []Round) {
	between := func(of, than string) (out []float64) {
		for i := range rounds {
			if v, ok := rounds[i].LogRatio(than, of, phase); ok && rounds[i].Counted {
				out = append(out, f.sign*v)
			}
		}
		return out
	}
	for i, name := range f.Names {
		f.Values[i] = between(name, base)
	}
	f.Pair = func(i, j int) []float64 { return between(f.Names[i], f.Names[j]) }
}
