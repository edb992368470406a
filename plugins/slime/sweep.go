package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/sdk/search"
)

// addedPrefix marks the names of epsilons that the search asked for.
const addedPrefix = "knee-"

// point is one epsilon that was measured.
type point struct {
	search.Result[Config]
	speed search.PhaseResult
}

func (p point) epsilon() float64 {
	if p.Config.Never {
		return math.Inf(1)
	}
	return p.Config.Epsilon
}

func (p point) inside() bool { return p.Metrics["rel_err"] <= p.Config.MaxError }

// sweep is every epsilon that was measured, smallest first.
type sweep struct {
	points  []point
	fastest []*point // inside the error bound, each of which may be the fastest: no other is proven to be faster
	edge    *point   // the largest epsilon inside; nil: none
	outside *point   // the next one after edge; nil: none
}

func sweepOf(results []search.Result[Config]) sweep {
	var s sweep
	for _, r := range results {
		speed, ok := r.Phases["decode"]
		if _, measured := r.Metrics["rel_err"]; !ok || !measured || r.Failure != "" || !r.ChecksPassed || r.Config.Method != progressive {
			continue
		}
		s.points = append(s.points, point{r, speed})
	}
	slices.SortFunc(s.points, func(a, b point) int {
		if a.epsilon() < b.epsilon() {
			return -1
		}
		return 1
	})
	for i := range s.points {
		p := &s.points[i]
		switch {
		case p.inside() && s.outside == nil:
			s.edge = p
		case !p.inside() && s.outside == nil:
			s.outside = p
		}
	}
	s.fastest = fastest(s.points)
	return s
}

// fastest are the points inside the error bound whose interval reaches that of
// every other one there. A speed without an interval may be anything.
func fastest(points []point) (out []*point) {
	most := math.Inf(-1)
	for _, p := range points {
		if p.inside() && p.speed.Lower > most {
			most = p.speed.Lower
		}
	}
	for i := range points {
		if p := &points[i]; p.inside() && !(p.speed.Upper < most) {
			out = append(out, p)
		}
	}
	return out
}

// middle is the epsilon between the edge of the bound and the next one outside,
// if they are far enough apart to be worth it.
func (s sweep) middle() (Config, bool) {
	if s.edge == nil || s.outside == nil || s.outside.Config.Never || s.outside.Config.Epsilon == 0 {
		return Config{}, false
	}
	low, high := s.edge.Config.Epsilon, s.outside.Config.Epsilon
	if low > 0 && high/low <= closeEnough {
		return Config{}, false
	}
	next := s.edge.Config
	next.Epsilon = math.Round(10*(low+high)/2) / 10
	return next, next.Epsilon > low && next.Epsilon < high
}

func (s sweep) added(results []search.Result[Config]) int {
	n := 0
	for _, r := range results {
		if strings.HasPrefix(r.Name, addedPrefix) {
			n++
		}
	}
	return n
}

// row is one epsilon in the finding's data.
type row struct {
	Epsilon    string   `json:"epsilon"`
	Ratio      *float64 `json:"ratio"` // null, as the next ones, where too few rounds give none
	Lower      *float64 `json:"lower"`
	Upper      *float64 `json:"upper"`
	RelErr     *float64 `json:"rel_err"`
	RefineRate *float64 `json:"refine_rate"`
	Inside     bool     `json:"inside_bound"`
}

func (s sweep) data() any {
	var rows []row
	for _, p := range s.points {
		rows = append(rows, row{
			p.Config.epsilonText(), finite(p.speed.Ratio), finite(p.speed.Lower), finite(p.speed.Upper),
			finite(p.Metrics["rel_err"]), finite(p.Metrics["refine_rate"]), p.inside(),
		})
	}
	fastest := []string{}
	for _, p := range s.fastest {
		fastest = append(fastest, p.Config.epsilonText())
	}
	return map[string]any{"max_error": s.points[0].Config.MaxError, "sweep": rows, "fastest": fastest}
}

// finite is nil for what JSON cannot hold.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func (s sweep) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%8s %9s %9s  %s", "epsilon", "rel. err", "refined", "speed")
	for _, p := range s.points {
		fmt.Fprintf(&b, "\n%8s %9.2g %7.1f %%  %s", p.Config.epsilonText(), p.Metrics["rel_err"], 100*p.Metrics["refine_rate"], p.speed.Speed())
	}
	return b.String()
}
