package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/sdk/search"
	"github.com/assay-bench/assay/plugins/internal/ddmin"
)

// enoughRounds: a set that cannot be told by then is left undecided. Asking for
// a set again gives it more rounds.
const enoughRounds = 16

// propose drives delta debugging over the patches of the variant that has the
// most: it replays the search over everything measured so far and asks for the
// next set, or concludes.
func propose(_ context.Context, in search.Results[Config]) (search.Proposal[Config], error) {
	t := trialsOf(in.Results)
	if len(t.all) == 0 {
		return search.Proposal[Config]{}, nil // no variant has patches
	}
	found := ddmin.Search(t.all, t.answer)
	if found.Ask == nil {
		return search.Proposal[Config]{Findings: []search.Finding{t.finding(found)}}, nil
	}
	next := t.base
	next.Patches = found.Ask
	why := "the search needs to know whether " + setText(found.Ask) + " regresses by itself"
	if t.measured(found.Ask) {
		why = "measured again, for more rounds: so far it cannot be told"
	}
	return search.Proposal[Config]{
		Next:     []search.Next[Config]{{Name: setName(found.Ask), Config: next, Why: why}},
		Findings: []search.Finding{t.unfinished(found)}, // if the host has no time left to measure it
		Progress: fmt.Sprintf("%d sets of %d patches tried, next: %s", found.Asked, len(t.all), setText(found.Ask)),
	}, nil
}

// trials is what is known of each set of patches.
type trials struct {
	base Config                           // of the widest variant, whose patches are searched
	all  []string                         // its patches
	of   map[string]search.Result[Config] // by ddmin.Key
}

func trialsOf(results []search.Result[Config]) trials {
	t := trials{of: map[string]search.Result[Config]{}}
	for _, r := range results {
		if !r.Baseline && len(r.Config.Patches) > len(t.all) {
			t.base, t.all = r.Config, slices.Clone(r.Config.Patches)
		}
	}
	for _, r := range results {
		if !r.Baseline && alike(r.Config, t.base) {
			t.of[ddmin.Key(r.Config.Patches)] = r
		}
	}
	return t
}

// alike: the two differ in nothing but their patches.
func alike(a, b Config) bool {
	return fmt.Sprint(a.unpatched()) == fmt.Sprint(b.unpatched())
}

func (t trials) measured(set []string) bool {
	_, ok := t.of[ddmin.Key(set)]
	return ok
}

// answer is what the measurements say of a set: a regression when the whole
// interval of its speed lies below 1 − margin, none when it lies above. One that
// straddles it is worth more rounds, up to a limit.
func (t trials) answer(set []string) ddmin.Answer {
	r, ok := t.of[ddmin.Key(set)]
	if !ok {
		return ddmin.Unknown
	}
	p := r.Phases["decode"]
	limit := 1 - r.Config.Margin
	switch {
	case r.Failure != "" || p.Rounds == 0:
		return ddmin.Undecided // it cannot be measured
	case p.Upper < limit:
		return ddmin.Fails
	case p.Lower > limit:
		return ddmin.Passes
	case p.Rounds < enoughRounds:
		return ddmin.Unknown
	}
	return ddmin.Undecided
}

func setName(set []string) string { return "only-" + strings.Join(set, "-and-") }

func setText(set []string) string { return strings.Join(set, " + ") }
