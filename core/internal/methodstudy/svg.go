package main

import (
	"fmt"
	"strings"
)

// A picture collects SVG elements. Coordinates are pixels, y downwards.
type picture struct {
	b strings.Builder
}

// The colours of the figures, distinguishable without seeing colour.
const (
	blue   = "#1f5fa8"
	orange = "#d9661f"
	grey   = "#8a8f98"
	ink    = "#23262b"
	pale   = "#e6e8eb"
)

func newPicture(width, height int, title string) *picture {
	p := &picture{}
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="13" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&p.b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", title)
	return p
}

func (p *picture) text(x, y float64, anchor, colour, format string, args ...any) {
	fmt.Fprintf(&p.b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>`+"\n", x, y, anchor, colour, fmt.Sprintf(format, args...))
}

func (p *picture) line(x1, y1, x2, y2 float64, colour string, width float64, dash string) {
	fmt.Fprintf(&p.b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f" stroke-dasharray="%s"/>`+"\n", x1, y1, x2, y2, colour, width, dash)
}

func (p *picture) rect(x, y, w, h float64, colour string) {
	fmt.Fprintf(&p.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, w, h, colour)
}

// dot draws a disc for an even kind and a square for an odd one.
func (p *picture) dot(x, y float64, colour string, square bool) {
	if square {
		p.rect(x-4, y-4, 8, 8, colour)
		return
	}
	fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="4.5" fill="%s"/>`+"\n", x, y, colour)
}

func (p *picture) path(xs, ys []float64, colour string) {
	var pts []string
	for i := range xs {
		pts = append(pts, fmt.Sprintf("%.1f,%.1f", xs[i], ys[i]))
	}
	fmt.Fprintf(&p.b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.Join(pts, " "), colour)
}

func (p *picture) String() string { return p.b.String() + "</svg>\n" }
