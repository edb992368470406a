package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/sdk/search"
)

// closeEnough ends the search when the next larger epsilon that was measured is
// at most this factor away from the knee.
const closeEnough = 1.1

// propose looks for the knee, the fastest epsilon whose error stays inside
// max_error: between it and the next larger one outside it asks for the middle,
// as often as refine allows.
func propose(_ context.Context, in search.Results[Config]) (search.Proposal[Config], error) {
	s := sweepOf(in.Results)
	if len(s.points) == 0 {
		return search.Proposal[Config]{}, nil
	}
	if next, ok := s.middle(); ok && s.added(in.Results) < s.points[0].Config.Refine {
		return search.Proposal[Config]{
			Next: []search.Next[Config]{{
				Name: fmt.Sprintf("%s%g", addedPrefix, next.Epsilon), Config: next,
				Why: fmt.Sprintf("between the largest epsilon inside the error bound and the next one outside it, %g", s.outside.Config.Epsilon),
			}},
			Findings: []search.Finding{s.finding()}, // if the host has no time left to measure it
			Progress: fmt.Sprintf("knee: %d of at most %d epsilons added", s.added(in.Results), s.points[0].Config.Refine),
		}, nil
	}
	return search.Proposal[Config]{Findings: []search.Finding{s.finding()}}, nil
}

// finding names the knee, or the epsilons that cannot be told apart. It is shown
// where a single epsilon is the fastest, and is faster or slower than the separate
// path, beyond doubt.
func (s sweep) finding() search.Finding {
	f := search.Finding{Kind: "knee", Certainty: search.Undecided, Data: s.data(), Detail: s.table()}
	within := fmt.Sprintf("a relative error within %g", s.points[0].Config.MaxError)
	switch len(s.fastest) {
	case 0:
		f.Summary, f.Certainty = "no epsilon has "+within, search.Shown
		return f
	case 1:
	default:
		var each []string
		for _, k := range s.fastest {
			each = append(each, fmt.Sprintf("%s (%s)", k.Config.epsilonText(), k.speed.Speed()))
		}
		f.Summary = fmt.Sprintf("which epsilon with %s is the fastest cannot be told: %s of the speed of separate", within, strings.Join(each, ", "))
		return f
	}
	k := s.fastest[0]
	f.Summary = fmt.Sprintf("the fastest epsilon with %s is %s: %s of the speed of separate, error %.2g, %.0f %% refined",
		within, k.Config.epsilonText(), k.speed.Speed(), k.Metrics["rel_err"], 100*k.Metrics["refine_rate"])
	switch {
	case k.speed.Lower > 1:
		f.Certainty = search.Shown
	case k.speed.Upper < 1:
		f.Certainty = search.Shown
		f.Summary += "; it does not pay"
	default:
		f.Summary += "; whether it pays cannot be told"
	}
	return f
}
