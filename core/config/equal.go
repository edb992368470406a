package config

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
)

// equalArms finds variants of one program and one configuration: A/A arms,
// which can neither win nor be selected. One that says same_as means it, and
// must be equal.
func equalArms(r *reader, arms []*arm) {
	ordered := slices.Clone(arms)
	// Of two equal ones the later is the other under another name. Who says same_as
	// comes after all others, wherever it stands.
	rank := func(a *arm) int {
		switch {
		case a.v.Baseline:
			return 0
		case a.v.SameAs == "":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(ordered, func(a, b *arm) int { return rank(a) - rank(b) })
	for i, a := range ordered {
		for _, earlier := range ordered[:i] {
			if earlier.v.Name != a.v.Name && a.comparable() && earlier.comparable() && a.difference(earlier) == "" {
				a.v.Equals = earlier.v.Name
				a.warnEqual(r, earlier)
				break
			}
		}
		if a.v.SameAs != "" {
			a.checkSameAs(r, arms)
		}
	}
}

func (a *arm) warnEqual(r *reader, other *arm) {
	switch {
	case a.v.SameAs != "":
	case a.v.Program.Build.ref() != other.v.Program.Build.ref():
		r.warn(a.v.Range, "Equal variants", "%q, built from %s, and %q, built from %s, are one commit now, %.12s, so that %q can neither win nor be selected. Change the code, or name another ref; same_as would be an error from that change on.",
			a.v.Name, a.v.Program.Build.ref(), other.v.Name, other.v.Program.Build.ref(), a.v.Program.Build.Commit, a.v.Name)
	case other.v.Baseline:
		r.warn(a.v.Range, "Equal variants", "%q has the program and the configuration of the baseline %q, so that it can neither win nor be selected. Change its config, or write same_as = %q if it is meant as an A/A arm.",
			a.v.Name, other.v.Name, other.v.Name)
	default:
		r.warn(a.v.Range, "Equal variants", "%q has the program and the configuration of %q, so that it cannot be selected. Change its config, or write same_as = %q if it is meant as an A/A arm.",
			a.v.Name, other.v.Name, other.v.Name)
	}
}

func (a *arm) checkSameAs(r *reader, arms []*arm) {
	attr := a.attrs["same_as"]
	at := attr.Expr.Range()
	if a.v.Baseline {
		r.fault(at, "Not the same", "%q is the baseline, which the others are compared with. Write same_as in the other variant.", a.v.Name)
		return
	}
	var names []string
	for _, o := range arms {
		if o.v.Name == a.v.Name {
			continue
		}
		names = append(names, o.v.Name)
		if o.v.Name != a.v.SameAs {
			continue
		}
		if a.comparable() && o.comparable() {
			if d := a.difference(o); d != "" {
				r.fault(at, "Not the same", "%q says same_as = %q and differs from it in %s. Take the difference out, or same_as.", a.v.Name, a.v.SameAs, d)
			}
		}
		return
	}
	r.fault(at, "Unknown variant", "There is no variant %q beside %q. %s", a.v.SameAs, a.v.Name, diag.DidYouMean(a.v.SameAs, "variants", names))
}

// comparable is false where the configuration is not known, because of a fault
// or of a plugin that cannot be asked yet.
func (a *arm) comparable() bool { return !a.unknown && a.v.Digest != "" }

// difference names the first argument in which two arms differ, "" for equal ones.
func (a *arm) difference(o *arm) string {
	if d := a.v.Program.difference(o.v.Program); d != "" {
		return d
	}
	if a.v.Digest == o.v.Digest {
		return ""
	}
	mine, other := a.v.Config.AsValueMap(), o.v.Config.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if v, ok := other[name]; !ok || !same(mine[name], v) {
			return "config." + name
		}
	}
	return "config"
}

func same(a, b cty.Value) bool { return a.Type().Equals(b.Type()) && a.RawEquals(b) }
