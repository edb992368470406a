package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/core/stats"
)

// writeFigures draws the figures of docs/method.md.
func writeFigures(dir string, r results) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, svg := range map[string]string{
		"drift.svg": driftFigure(), "verdicts.svg": verdictsFigure(), "wrong.svg": wrongFigure(r),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(svg), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// driftFigure shows the same stretch of a warm machine's drift measured in two
// orders. Baseline and variant are the same; the stretch is picked to be one of
// the third in which the first order goes wrong.
func driftFigure() string {
	const n, left, step, scale = 16, 70.0, 34.0, 1600.0
	var drift []float64
	for s := uint64(0); ; s++ {
		m := newMachine(weathers[1], rand.New(rand.NewPCG(seed, s)))
		drift = drift[:0]
		for range n {
			m.pass()
			drift = append(drift, m.drift+0.002*m.rng.NormFloat64())
		}
		if d := stats.Median(drift[n/2:]) - stats.Median(drift[:n/2]); d > 0.02 && d < 0.03 {
			break
		}
	}
	mid := stats.Median(drift)
	p := newPicture(720, 430, "The same drift measured in two orders")
	x := func(i int) float64 { return left + step*float64(i) + step/2 }
	// Each group of launches is compared within itself; the answer is the median
	// of the groups' differences.
	panel := func(top float64, title string, group int, arm func(int) int) {
		y := func(v float64) float64 { return top + 95 - scale*(v-mid) }
		p.text(left, top, "start", ink, "%s", title)
		p.line(left, top+170, left+step*n, top+170, pale, 1, "")
		p.text(left-8, y(mid)+4, "end", grey, "time")
		xs, ys := make([]float64, n), make([]float64, n)
		for i, v := range drift {
			xs[i], ys[i] = x(i), y(v)
		}
		p.path(xs, ys, pale)
		var diffs []float64
		for g := 0; g < n; g += group {
			var arms [2][]float64
			for i := g; i < g+group; i++ {
				arms[arm(i)] = append(arms[arm(i)], drift[i])
			}
			for k, colour := range []string{blue, orange} {
				v := y(stats.Median(arms[k]))
				p.line(x(g)-12, v, x(g+group-1)+12, v, colour, 1.5, []string{"", "6 4"}[k])
			}
			diffs = append(diffs, stats.Median(arms[1])-stats.Median(arms[0]))
		}
		for i := range drift {
			p.dot(xs[i], ys[i], [2]string{blue, orange}[arm(i)], arm(i) == 1)
		}
		p.text(left+step*n+8, y(mid)+4, "start", ink, "%+.1f %%", 100*math.Expm1(stats.Median(diffs)))
	}
	panel(24, "baseline eight times, then the variant eight times", n, func(i int) int { return i / (n / 2) })
	panel(220, "rounds of baseline, variant, variant, baseline; compared within each round", 4, func(i int) int { return [4]int{0, 1, 1, 0}[i%4] })
	p.dot(left+6, 412, blue, false)
	p.text(left+18, 416, "start", ink, "baseline, and its median")
	p.dot(left+226, 412, orange, true)
	p.text(left+238, 416, "start", ink, "variant (the same program), and its median (dashed)")
	return p.String()
}

// verdictsFigure shows which interval gives which verdict at a margin of 1 %.
func verdictsFigure() string {
	p := newPicture(720, 300, "Which interval gives which verdict")
	x := func(speed float64) float64 { return 320 + (speed-0.976)*12500 }
	p.rect(x(0.99), 40, x(1)-x(0.99), 205, "#f3f0e6")
	for _, v := range []float64{0.98, 0.99, 1} {
		p.line(x(v), 40, x(v), 245, pale, 1, "")
		p.text(x(v), 262, "middle", grey, "%.2f×", v)
	}
	p.line(x(0.99), 40, x(0.99), 245, orange, 1.5, "6 4")
	p.line(x(1), 40, x(1), 245, ink, 1.5, "")
	p.text(x(0.99)-6, 30, "end", orange, "1 less the margin")
	p.text(x(1)-6, 30, "start", ink, "min_ratio = 1")
	p.text(x(0.99), 285, "middle", grey, "speed against the baseline")
	for i, v := range []struct {
		verdict, why string
		lo, est, hi  float64
	}{
		{"pass", "all of it right of the dashed line", 0.994, 0.999, 1.004},
		{"pass", "a loss, but one inside the margin", 0.9925, 0.9955, 0.9985},
		{"fail", "all of it left of 1, centre left of dashed", 0.977, 0.983, 0.989},
		{"fail", "the loss is sure, its exact size is not", 0.979, 0.987, 0.995},
		{"inconclusive", "reaches over both lines: more rounds", 0.984, 0.994, 1.004},
	} {
		y := 62 + 40*float64(i)
		p.line(x(v.lo), y, x(v.hi), y, blue, 3, "")
		p.dot(x(v.est), y, blue, false)
		p.text(12, y-4, "start", ink, "%s", v.verdict)
		p.text(12, y+13, "start", grey, "%s", v.why)
	}
	return p.String()
}

// wrongFigure shows the share of wrong answers per machine and method.
func wrongFigure(r results) string {
	p := newPicture(720, 330, "Share of wrong answers by machine and method")
	colours := []string{grey, "#b9bdc4", orange, blue}
	const bottom, scale = 270.0, 3.2
	for v := 0; v <= 80; v += 20 {
		y := bottom - scale*float64(v)
		p.line(50, y, 700, y, pale, 1, "")
		p.text(44, y+4, "end", grey, "%d %%", v)
	}
	for i, x := range r.main {
		w, m := i/len(methods), i%len(methods)
		all := sum(x.at)
		share := 100 * float64(all.wrong) / float64(all.trials)
		left := 75 + 215*float64(w) + 45*float64(m)
		p.rect(left, bottom-scale*share, 38, scale*share, colours[m])
		p.text(left+19, bottom-scale*share-5, "middle", ink, "%.1f", share)
		if m == 0 {
			p.text(left+88, bottom+18, "middle", ink, "%s", fmt.Sprintf("%s machine", x.weather))
		}
	}
	for m, method := range methods {
		left := 50 + []float64{0, 165, 355, 575}[m]
		p.rect(left, 305, 12, 12, colours[m])
		p.text(left+17, 316, "start", ink, "%s", method.name)
	}
	return p.String()
}
