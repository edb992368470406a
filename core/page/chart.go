package page

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/assay-bench/assay/core/internal/visible"
)

// width of a chart in units of its view box. A phone shows a unit as about a pixel,
// and no screen shows a chart much wider than half as much again.
const width = 400

// textSize is what texts are laid out at. The stylesheet draws them smaller: the
// reader's font may be wider than the one that they are measured in.
const textSize = 14

// A colour of a chart is a variable of the stylesheet, so that charts follow the
// reader's light or dark scheme. The library takes colours as numbers; each has one
// that nothing else has, which svg replaces.
type colour int

const (
	ink colour = iota
	paper
	muted
	faint
	accent
	control
	good
	bad
	warn
	odd
	series1
	series2
	series3
	series4
	series5
	series6
	colours
)

var colourNames = [colours]string{"ink", "paper", "muted", "faint", "accent", "control", "good", "bad", "warn", "odd", "s1", "s2", "s3", "s4", "s5", "s6"}

// seriesOf is the colour of the i-th curve of a chart.
func seriesOf(i int) colour { return series1 + colour(i%int(colours-series1)) }

// RGBA makes a colour one of image/color.
func (c colour) RGBA() (r, g, b, a uint32) {
	return 0xf0f0, 0x3030, uint32(8+8*c) * 0x101, 0xffff
}

// painted finds the numbers of colours as the library writes them.
var painted = regexp.MustCompile(`#F030([0-9A-F]{2})`)

// panel is one drawing.
type panel struct {
	Label  string // what it shows, for those who do not see it
	Height float64
	Body   template.HTML // of the svg element
	Failed bool
}

// newPlot is an empty plot in the page's type and colours.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: textSize}
		axis.Label.TextStyle.Color = muted
		axis.Tick.Label.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: textSize}
		axis.Tick.Label.Color = ink
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = faint, faint
		axis.Tick.Length = 4
		axis.Padding = 4
	}
	p.X.Label.Padding = 2
	return p
}

// grid draws lines at the ticks of the axes that are wanted.
func grid(p *plot.Plot, vertical, horizontal bool) {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = faint, faint
	if !vertical {
		g.Vertical.Color = nil
	}
	if !horizontal {
		g.Horizontal.Color = nil
	}
	p.Add(g)
}

// svg draws a plot, or some below each other whose horizontal axes are aligned. The
// library panics on what it cannot draw; the numbers come from documents of others,
// and are in the table beside the chart as well.
func svg(height float64, label string, plots ...*plot.Plot) (out panel) {
	out = panel{Label: label, Height: height}
	defer func() {
		if recover() != nil {
			out.Body, out.Failed = "", true
		}
	}()
	c := vgsvg.NewWith(vgsvg.UseWH(width, vg.Length(height)))
	within := draw.Crop(draw.New(c), 2, -12, 2, -4) // labels may reach beyond their plot
	rows := make([][]*plot.Plot, len(plots))
	for i, p := range plots {
		rows[i] = []*plot.Plot{p}
	}
	places := plot.Align(rows, draw.Tiles{Rows: len(rows), Cols: 1, PadY: 8}, within)
	for i, p := range plots {
		p.Draw(places[i][0])
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		out.Failed = true
		return out
	}
	out.Body = body(b.String())
	return out
}

var (
	tag  = regexp.MustCompile(`<[^>]*>`)
	face = regexp.MustCompile(`font-(family|variant|weight|style):[^;"]*;`)
)

// body is what the library wrote inside its svg element, in the colours and the type
// of the stylesheet. Texts stand between tags, escaped, and stay as they are.
func body(s string) template.HTML {
	_, s, _ = strings.Cut(s, "<svg")
	_, s, _ = strings.Cut(s, ">")
	s = strings.TrimSuffix(strings.TrimSpace(s), "</svg>")
	s = tag.ReplaceAllStringFunc(s, func(t string) string {
		t = face.ReplaceAllString(t, "")
		return painted.ReplaceAllStringFunc(t, func(number string) string {
			var blue int
			if _, err := fmt.Sscanf(number[5:], "%02X", &blue); err != nil {
				return number
			}
			if i := int(math.Round(float64(blue)/8)) - 1; i >= 0 && i < int(colours) {
				return "var(--" + colourNames[i] + ")"
			}
			return number
		})
	})
	return template.HTML(s) //nolint:gosec // the library escapes texts
}

// short is a name that fits beside a chart; the table has all of it.
func short(name string) string {
	const most = 18
	runes := []rune(visible.Line(name))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-8]) + "…" + string(runes[len(runes)-7:])
}
