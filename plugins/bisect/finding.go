package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/sdk/search"
	"github.com/assay-bench/assay/plugins/internal/ddmin"
)

// finding concludes. It is shown when every set was told apart beyond doubt,
// likely when the culprits were but something beside them was not, and open when
// the regression itself cannot be told.
func (t trials) finding(r ddmin.Result) search.Finding {
	f := search.Finding{Kind: "culprits", Data: t.data(r), Detail: t.table(), Certainty: search.Shown}
	margin := 100 * t.base.Margin
	switch r.Whole {
	case ddmin.Passes:
		f.Summary = fmt.Sprintf("no regression to explain: with %s decode runs at %s of the baseline's speed", setText(t.all), t.speed(t.all))
		return f
	case ddmin.Undecided, ddmin.Unknown:
		f.Certainty = search.Undecided
		f.Summary = fmt.Sprintf("whether %s slow decode down by more than %.3g %% cannot be told: %s of the baseline's speed", setText(t.all), margin, t.speed(t.all))
		return f
	}
	rest := slices.Clone(t.all)
	var causes []string
	for _, c := range r.Culprits {
		causes = append(causes, fmt.Sprintf("%s (%s)", setText(c.Set), t.speed(c.Set)))
		rest = slices.DeleteFunc(rest, func(p string) bool { return slices.Contains(c.Set, p) })
		if !c.Minimal {
			f.Certainty = search.Likely
		}
	}
	f.Summary = fmt.Sprintf("decode regresses to %s of the baseline's speed because of %s", t.speed(t.all), strings.Join(causes, ", and of "))
	switch {
	case len(rest) == 0:
	case r.Rest == ddmin.Passes:
		f.Summary += fmt.Sprintf("; the other patches (%s) run at %s", setText(rest), t.speed(rest))
	default:
		f.Certainty = search.Likely
		f.Summary += fmt.Sprintf("; whether the other patches (%s) regress as well cannot be told: %s", setText(rest), t.speed(rest))
	}
	return f
}

// unfinished is what is known while the search still asks for a set.
func (t trials) unfinished(r ddmin.Result) search.Finding {
	f := t.finding(r)
	f.Certainty = search.Undecided
	if r.Whole == ddmin.Fails {
		f.Summary = fmt.Sprintf("decode regresses to %s of the baseline's speed with %s; the search for the culprits has not ended: next would be %s",
			t.speed(t.all), setText(t.all), setText(r.Ask))
	}
	return f
}

// speed of a set, as it was measured.
func (t trials) speed(set []string) string {
	r, ok := t.of[ddmin.Key(set)]
	p := r.Phases["decode"]
	if !ok || p.Rounds == 0 {
		return "an unknown share"
	}
	return p.Speed()
}

func (t trials) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a set regresses when its whole interval is below %.3f×", 1-t.base.Margin)
	for _, s := range t.sets() {
		fmt.Fprintf(&b, "\n%s: %s, %s", setText(s), t.speed(s), answerText(t.answer(s)))
	}
	return b.String()
}

// sets that were tried, smallest first.
func (t trials) sets() [][]string {
	var out [][]string
	for _, r := range t.of {
		if len(r.Config.Patches) > 0 {
			out = append(out, r.Config.Patches)
		}
	}
	slices.SortFunc(out, func(a, b []string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(ddmin.Key(a), ddmin.Key(b))
	})
	return out
}

func answerText(a ddmin.Answer) string {
	return map[ddmin.Answer]string{
		ddmin.Fails: "regresses", ddmin.Passes: "does not regress", ddmin.Undecided: "undecided", ddmin.Unknown: "undecided",
	}[a]
}

// tried is one set in the finding's data; bounds are null where there are none.
type tried struct {
	Patches []string `json:"patches"`
	Ratio   *float64 `json:"ratio"`
	Lower   *float64 `json:"lower"`
	Upper   *float64 `json:"upper"`
	Answer  string   `json:"answer"`
}

type culprit struct {
	Patches []string `json:"patches"`
	Minimal bool     `json:"minimal"`
}

func (t trials) data(r ddmin.Result) any {
	var sets []tried
	for _, s := range t.sets() {
		p := t.of[ddmin.Key(s)].Phases["decode"]
		sets = append(sets, tried{s, finite(p.Ratio), finite(p.Lower), finite(p.Upper), answerText(t.answer(s))})
	}
	culprits := []culprit{}
	for _, c := range r.Culprits {
		culprits = append(culprits, culprit{c.Set, c.Minimal})
	}
	return map[string]any{
		"phase": "decode", "margin": t.base.Margin, "patches": t.all,
		"culprits": culprits, "whole": answerText(r.Whole), "rest": answerText(r.Rest), "tried": sets,
	}
}

// finite is nil for what JSON cannot hold.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
