package page

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"

	"github.com/assay-bench/assay/core/report"
)

// most is the largest number that a chart has room for.
const most = 1e9

// span is the part of an axis that holds numbers.
type span struct {
	lo, hi float64
	any    bool
}

// hold makes room for numbers; for those that no axis has there is none.
func (s *span) hold(numbers ...float64) {
	for _, x := range numbers {
		switch {
		case math.IsNaN(x) || math.Abs(x) > most:
		case !s.any:
			s.lo, s.hi, s.any = x, x, true
		default:
			s.lo, s.hi = math.Min(s.lo, x), math.Max(s.hi, x)
		}
	}
}

// holdBounds makes room for bounds that are known.
func (s *span) holdBounds(bounds ...*float64) {
	for _, b := range bounds {
		if b != nil {
			s.hold(*b)
		}
	}
}

// wide says that the numbers are too far apart for a linear axis.
func (s *span) wide() bool { return s.lo > 0 && s.hi/s.lo > 10 }

// set gives an axis its ends, with some room beyond the numbers.
func (s *span) set(a *plot.Axis) {
	lo, hi := s.lo, s.hi
	if s.wide() {
		a.Scale, a.Tick.Marker = plot.LogScale{}, powers{}
		room := math.Pow(hi/lo, 0.05)
		a.Min, a.Max = lo/room, hi*room
		return
	}
	if least := 1e-4 * math.Max(math.Abs(hi), 1e-4); hi-lo < least {
		lo, hi = lo-least/2, hi+least/2
	}
	room := (hi - lo) * 0.06
	a.Min, a.Max, a.Tick.Marker = lo-room, hi+room, steps{most: 5}
}

// within is x, or the end of the axis that it is beyond.
func within(a *plot.Axis, x float64) float64 { return math.Min(math.Max(x, a.Min), a.Max) }

// powers marks a logarithmic axis at 1, 2 and 5 times powers of ten, at powers alone
// where there are many.
type powers struct{}

// Ticks of a range above 0.
func (powers) Ticks(lo, hi float64) (out []plot.Tick) {
	marks := []float64{1, 2, 5}
	if hi/lo > 1e3 {
		marks = []float64{1}
	}
	every := int(math.Max(1, math.Ceil(math.Log10(hi/lo)/6)))
	for e := int(math.Floor(math.Log10(lo))); float64(e) <= math.Log10(hi); e++ {
		for _, m := range marks {
			if x := m * math.Pow(10, float64(e)); x >= lo && x <= hi && e%every == 0 {
				out = append(out, plot.Tick{Value: x, Label: strconv.FormatFloat(x, 'g', 3, 64)})
			}
		}
	}
	return out
}

// steps marks an axis at even steps.
type steps struct {
	most  int     // marks
	least float64 // step, above 0 where the axis counts
}

// Ticks of a range.
func (s steps) Ticks(lo, hi float64) (out []plot.Tick) {
	step := math.Max(report.NiceStep((hi-lo)/float64(s.most)), s.least)
	decimals := min(max(0, int(math.Ceil(-math.Log10(step)-1e-9))), 12)
	for k := math.Ceil(lo / step); k*step <= hi && len(out) <= s.most; k++ {
		x := k*step + 0 // no negative zero
		out = append(out, plot.Tick{Value: x, Label: strconv.FormatFloat(x, 'f', decimals, 64)})
	}
	return out
}

// unnamed marks an axis whose numbers stand below another one.
type unnamed struct{ plot.Ticker }

// Ticks of a range.
func (u unnamed) Ticks(lo, hi float64) []plot.Tick {
	out := u.Ticker.Ticks(lo, hi)
	for i := range out {
		out[i].Label = " "
	}
	return out
}
