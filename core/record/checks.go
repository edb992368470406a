package record

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
)

// collectChecks gathers the variant's checks of all rounds: the plugin's, and
// whether it computes what the baseline computes.
func (v *Variant) collectChecks(baseline string, rounds []Round) {
	v.Checks = []Check{}
	for i := range rounds {
		for k := range rounds[i].Prepared {
			if p := &rounds[i].Prepared[k]; p.Variant == v.Name {
				v.Checks = KeepFailed(v.Checks, p.Checks)
				v.Checks = KeepFailed(v.Checks, sameOutputs(baseline, &rounds[i], p))
			}
		}
		for k := range rounds[i].Visits {
			if x := &rounds[i].Visits[k]; x.Variant == v.Name {
				v.Checks = KeepFailed(v.Checks, x.Checks)
			}
		}
		for _, p := range rounds[i].Released {
			if p.Variant == v.Name {
				v.Checks = KeepFailed(v.Checks, p.Checks)
			}
		}
	}
}

// sameOutputs holds what a variant computes against what the baseline computed in
// the same round. What only one of them has an output of is not compared; one that
// the two state in different ways is no output of both, and fails.
func sameOutputs(baseline string, d *Round, p *Prepared) (out []Check) {
	i := slices.IndexFunc(d.Prepared, func(o Prepared) bool { return o.Variant == baseline })
	if i < 0 || p.Variant == baseline {
		return nil
	}
	base := &d.Prepared[i]
	for _, name := range slices.Sorted(maps.Keys(p.Outputs)) {
		of, ok := base.Outputs[name]
		if !ok {
			if _, numbers := base.Numbers[name]; numbers {
				out = append(out, stated(name, "a digest", baseline, "numbers"))
			}
			continue
		}
		c := Check{Name: name + "_as_baseline", Kind: "fidelity", When: "before", Passed: of == p.Outputs[name]}
		if !c.Passed {
			c.Value = 1
			c.Detail = fmt.Sprintf("its %s (%s) is not that of %s (%s)", name, shortDigest(p.Outputs[name]), baseline, shortDigest(of))
		}
		out = append(out, c)
	}
	return append(out, nearNumbers(baseline, base, p)...)
}

// stated is the check of an output that has another form than the baseline's.
func stated(name, how, baseline, other string) Check {
	return Check{Name: name + "_as_baseline", Kind: "fidelity", When: "before", Value: 1,
		Detail: fmt.Sprintf("its %s is %s, that of %s is %s: they cannot be compared; give both the same tolerance, or none", name, how, baseline, other)}
}

var digest = regexp.MustCompile(`^[0-9a-f]{13,}$`)

// shortDigest is the beginning of a digest, and whatever else a plugin says of an
// output as it is.
func shortDigest(output string) string {
	if digest.MatchString(output) {
		return output[:12] + "…"
	}
	return output
}

// nearNumbers holds vectors against the baseline's, by their distance.
func nearNumbers(baseline string, base, p *Prepared) (out []Check) {
	for _, name := range slices.Sorted(maps.Keys(p.Numbers)) {
		of, ok := base.Numbers[name]
		if !ok {
			if _, digest := base.Outputs[name]; digest {
				out = append(out, stated(name, "numbers", baseline, "a digest"))
			}
			continue
		}
		n := p.Numbers[name]
		c := Check{Name: name + "_as_baseline", Kind: "fidelity", When: "before", Value: distance(n.Values, of.Values), Limit: n.Tolerance}
		switch c.Passed = c.Value <= c.Limit && len(n.Values) == len(of.Values); {
		case len(n.Values) != len(of.Values):
			c.Detail = fmt.Sprintf("its %s has %d numbers, that of %s has %d", name, len(n.Values), baseline, len(of.Values))
		case !c.Passed:
			c.Detail = fmt.Sprintf("its %s is %.3g away from that of %s, relative to its length; a reference, where the plugin takes one, tells which element", name, c.Value, baseline)
		}
		out = append(out, c)
	}
	return out
}

// distance of two vectors relative to the longer one, 0 to 2; of vectors that do
// not have as many values, 2.
func distance(a, b []float64) float64 {
	if len(a) != len(b) {
		return 2
	}
	var apart, first, second float64
	for i := range a {
		apart = math.Hypot(apart, a[i]-b[i])
		first, second = math.Hypot(first, a[i]), math.Hypot(second, b[i])
	}
	if apart == 0 {
		return 0
	}
	return apart / max(first, second)
}

// KeepFailed replaces checks of the same name and moment, but a failed one
// stays: one wrong result in any round is a wrong result.
func KeepFailed(have, more []Check) []Check {
	for _, c := range more {
		i := slices.IndexFunc(have, func(h Check) bool { return h.Name == c.Name && h.When == c.When })
		switch {
		case i < 0:
			have = append(have, c)
		case have[i].Passed:
			have[i] = c
		}
	}
	return have
}
