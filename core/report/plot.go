package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// ratioPlot draws speeds against the baseline, one line per round, so that a
// trend over the session shows as well as the spread.
type ratioPlot struct {
	points  []plotPoint
	line    float64 // the least speed that passes; 0: none
	bars    []plotBar
	variant string
	one     string // what 1 is; empty: the baseline's speed
}

// plotPoint is one round. A value of 0 is not there.
type plotPoint struct {
	label            string
	variant, control float64
}

// plotBar is an interval below the rounds.
type plotBar struct {
	label        string
	mark         rune
	value        float64
	lower, upper *float64
}

const (
	plotWidth   = 61  // columns of the axis
	plotRows    = 24  // rounds with a line of their own; more share lines
	plotMost    = 1e9 // ratio on the axis; what is beyond is at the edge
	markVariant = '●'
	markControl = '○'
	markBoth    = '◉'
	markOne     = '│'
	markLine    = '┆'
)

func (p ratioPlot) write(w io.Writer, indent string, s Style) {
	if len(p.points) == 0 {
		return
	}
	points := grouped(p.points)
	lo, hi := p.limits()
	label := len("control")
	for _, q := range points {
		label = max(label, utf8.RuneCountInString(q[0].label))
	}
	put := func(name string, line []rune) {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%s%*s  %s", indent, label, name, string(line)), " "))
	}
	col := func(x float64) int { // beyond an edge: next to it
		return int(math.Round(min(max((x-lo)/(hi-lo)*(plotWidth-1), -1), plotWidth)))
	}
	put("round", axis(lo, hi, col))
	for _, group := range points {
		line := p.ground(col)
		for _, q := range group {
			mark(line, col, q.control, markControl)
			mark(line, col, q.variant, markVariant)
		}
		put(group[0].label, line)
	}
	for _, b := range p.bars {
		if b.value > 0 {
			put(b.label, drawBar(b, p.ground(col), col))
		}
	}
	legend := fmt.Sprintf("%c %s  %c control  %c both  %c %s", markVariant, p.variant, markControl, markBoth, markOne, cmp.Or(p.one, "the baseline's speed"))
	if p.line > 0 {
		legend += fmt.Sprintf("  %c %.4g, which a pass must exceed", markLine, p.line)
	}
	s.Item(w, indent+strings.Repeat(" ", label+2), s.dimmed(legend))
}

// grouped puts neighbouring rounds on one line when there are many.
func grouped(points []plotPoint) [][]plotPoint {
	per := (len(points) + plotRows - 1) / plotRows
	var out [][]plotPoint
	for group := range slices.Chunk(points, per) {
		g := slices.Clone(group)
		if len(g) > 1 {
			g[0].label += "–" + g[len(g)-1].label
		}
		out = append(out, g)
	}
	return out
}

// ground is an empty line with the two marks that every line has.
func (p ratioPlot) ground(col func(float64) int) []rune {
	line := []rune(strings.Repeat(" ", plotWidth))
	if p.line > 0 {
		line[clampCol(col(p.line))] = markLine
	}
	line[clampCol(col(1))] = markOne
	return line
}

// mark puts a point on a line; one beyond the edge is an arrow at the edge.
func mark(line []rune, col func(float64) int, x float64, r rune) {
	if x <= 0 {
		return
	}
	c := col(x)
	switch {
	case c < 0:
		line[0] = '◂'
	case c >= plotWidth:
		line[plotWidth-1] = '▸'
	case r == markVariant && (line[c] == markControl || line[c] == markBoth):
		line[c] = markBoth
	default:
		line[c] = r
	}
}

func clampCol(c int) int { return min(max(c, 0), plotWidth-1) }

// drawBar draws an interval: ├──●──┤, open ends without a stop.
func drawBar(b plotBar, line []rune, col func(float64) int) []rune {
	from, to := 0, plotWidth-1
	if b.lower != nil {
		from = clampCol(col(*b.lower))
	}
	if b.upper != nil {
		to = clampCol(col(*b.upper))
	}
	for c := from; c <= to; c++ {
		if line[c] == ' ' {
			line[c] = '─'
		} else {
			line[c] = '┼'
		}
	}
	if b.lower != nil {
		line[from] = '├'
	}
	if b.upper != nil {
		line[to] = '┤'
	}
	line[clampCol(col(b.value))] = b.mark
	return line
}

// limits of the axis hold 1, the line, the intervals and all but far-off points.
func (p ratioPlot) limits() (lo, hi float64) {
	lo, hi = 1, 1
	hold := func(x float64) {
		if x > 0 && x <= plotMost {
			lo, hi = math.Min(lo, x), math.Max(hi, x)
		}
	}
	hold(p.line)
	for _, b := range p.bars {
		hold(b.value)
		for _, x := range []*float64{b.lower, b.upper} {
			if x != nil {
				hold(*x)
			}
		}
	}
	var all []float64
	for _, q := range p.points {
		for _, x := range []float64{q.variant, q.control} {
			if x > 0 {
				all = append(all, x)
			}
		}
	}
	slices.Sort(all)
	// Far off is beyond three times the reach of the middle half.
	q1, q3 := all[len(all)/4], all[len(all)*3/4]
	reach := 3 * math.Max(q3-q1, (hi-lo)/4)
	for _, x := range all {
		if x >= q1-reach && x <= q3+reach {
			hold(x)
		}
	}
	if hi-lo < 1e-4 {
		lo, hi = lo-5e-5, hi+5e-5
	}
	pad := (hi - lo) * 0.03
	return lo - pad, hi + pad
}

// axis is a line of tick labels, each centred over its column.
func axis(lo, hi float64, col func(float64) int) []rune {
	step := NiceStep((hi - lo) / 6)
	decimals := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	line := []rune(strings.Repeat(" ", plotWidth))
	for k := math.Ceil(lo / step); k*step <= hi; k++ {
		text := []rune(fmt.Sprintf("%.*f", decimals, k*step))
		start := col(k*step) - len(text)/2
		start = min(max(start, 0), plotWidth-len(text))
		if start > 0 && line[start-1] != ' ' || line[start] != ' ' {
			continue
		}
		copy(line[start:], text)
	}
	return line
}

// NiceStep is the next of 1, 2, 5 times a power of ten.
func NiceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x {
			return m * power
		}
	}
	return 10 * power
}
