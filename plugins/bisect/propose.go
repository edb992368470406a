package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/plugins/internal/ddmin"
)

// mostTries of one set: a set that cannot be told is measured once more.
const mostTries = 2

// propose drives delta debugging over the patches of the variant that has the
// most: it replays the search over everything measured so far and asks for the
// next set, or concludes.
func propose(_ context.Context, in sdk.Results[Config]) (sdk.Proposal[Config], error) {
	t := trialsOf(in.Results)
	if len(t.all) == 0 {
		return sdk.Proposal[Config]{}, nil // no variant has patches
	}
	found := ddmin.Search(t.all, t.answer)
	if found.Ask == nil {
		return sdk.Proposal[Config]{Findings: []sdk.Finding{t.finding(found)}}, nil
	}
	next := t.base
	next.Patches = found.Ask
	name, why := setName(found.Ask), "the search needs to know whether "+setText(found.Ask)+" regresses by itself"
	if tries := len(t.of[ddmin.Key(found.Ask)]); tries > 0 {
		name = fmt.Sprintf("%s-%d", name, tries+1)
		why = "measured once more: the first time it could not be told"
	}
	return sdk.Proposal[Config]{
		Next:     []sdk.Next[Config]{{Name: name, Config: next, Why: why}},
		Progress: fmt.Sprintf("%d sets of %d patches tried, next: %s", found.Asked, len(t.all), setText(found.Ask)),
	}, nil
}

// trials is what is known of each set of patches.
type trials struct {
	base Config                          // of the widest variant, whose patches are searched
	all  []string                        // its patches
	of   map[string][]sdk.Result[Config] // by ddmin.Key
}

func trialsOf(results []sdk.Result[Config]) trials {
	t := trials{of: map[string][]sdk.Result[Config]{}}
	for _, r := range results {
		if r.Baseline {
			continue
		}
		if len(r.Config.Patches) > len(t.all) {
			t.base, t.all = r.Config, slices.Clone(r.Config.Patches)
		}
	}
	for _, r := range results {
		if !r.Baseline && alike(r.Config, t.base) {
			key := ddmin.Key(r.Config.Patches)
			t.of[key] = append(t.of[key], r)
		}
	}
	return t
}

// alike: the two differ in nothing but their patches.
func alike(a, b Config) bool {
	return fmt.Sprint(a.unpatched()) == fmt.Sprint(b.unpatched())
}

// answer is what the measurements say of a set: a regression when the whole
// interval of its speed lies below 1 − margin, none when it lies above.
func (t trials) answer(set []string) ddmin.Answer {
	tried := t.of[ddmin.Key(set)]
	for _, r := range tried {
		if a := verdict(r); a != ddmin.Undecided {
			return a
		}
	}
	if len(tried) < mostTries && (len(tried) == 0 || ddmin.Key(set) != ddmin.Key(t.all)) {
		return ddmin.Unknown
	}
	return ddmin.Undecided
}

func verdict(r sdk.Result[Config]) ddmin.Answer {
	p, ok := r.Phases["decode"]
	limit := 1 - r.Config.Margin
	switch {
	case !ok || r.Failure != "" || p.Rounds == 0:
		return ddmin.Undecided
	case p.Upper < limit && p.Upper > 0:
		return ddmin.Fails
	case p.Lower > limit:
		return ddmin.Passes
	}
	return ddmin.Undecided
}

// best is the result that a set's answer came from, else its last one.
func (t trials) best(set []string) (sdk.PhaseResult, bool) {
	tried := t.of[ddmin.Key(set)]
	for _, r := range tried {
		if verdict(r) != ddmin.Undecided {
			return r.Phases["decode"], true
		}
	}
	if len(tried) == 0 {
		return sdk.PhaseResult{}, false
	}
	p, ok := tried[len(tried)-1].Phases["decode"]
	return p, ok
}

func setName(set []string) string { return "only-" + strings.Join(set, "-and-") }

func setText(set []string) string { return strings.Join(set, " + ") }
