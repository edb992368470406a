package session

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/attribution"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// attributed is an attribution in a finding's data.
type attributed struct {
	Phase string `json:"phase"`
	Base  string `json:"base"`
	Path  string `json:"path"`
	attribution.Attribution
}

// attribute says for each variant where its time goes, and where it differs from
// the baseline's.
func attribute(d *record.Result, c *record.Case) ([]record.Finding, error) {
	var pairs []*pluginv1.Pair
	for i := range c.Variants {
		if v := &c.Variants[i]; v.Role == record.RoleVariant || v.Role == record.RoleProposed {
			pairs = append(pairs, &pluginv1.Pair{Base: c.Variants[0].Name, Path: v.Name})
		}
	}
	return attributePairs(d, c, pairs)
}

// attributeMore does so for pairs that a plugin asks for. Those with the baseline
// are told with the end of the case.
func attributeMore(d *record.Result, c *record.Case, pairs []*pluginv1.Pair) ([]record.Finding, error) {
	var more []*pluginv1.Pair
	for _, p := range pairs {
		for _, name := range []string{p.GetBase(), p.GetPath()} {
			if !slices.ContainsFunc(c.Variants, func(v record.Variant) bool { return v.Name == name }) {
				return nil, fmt.Errorf("result %q, which the plugin asks about, is none of case %q", name, c.ID)
			}
		}
		if p.GetBase() != c.Variants[0].Name {
			more = append(more, p)
		}
	}
	return attributePairs(d, c, more)
}

func attributePairs(d *record.Result, c *record.Case, pairs []*pluginv1.Pair) ([]record.Finding, error) {
	var out []record.Finding
	if d.Metadata.Device.Simulated { // its times are no measurements
		return out, nil
	}
	for _, phase := range d.Experiment.Measure.Phases {
		for _, p := range pairs {
			base, path := pairedTimes(c, phase, p.GetBase(), p.GetPath())
			if len(base) == 0 {
				continue
			}
			a, err := attribution.Explain(base, path)
			if err != nil {
				return nil, fmt.Errorf("case %q, %s of %q against %q: %w", c.ID, phase, p.GetPath(), p.GetBase(), err)
			}
			if a.Delta.Open { // too few rounds to say anything
				continue
			}
			data, err := json.Marshal(attributed{Phase: phase, Base: p.GetBase(), Path: p.GetPath(), Attribution: a})
			if err != nil {
				return nil, fmt.Errorf("case %q: %w", c.ID, err)
			}
			out = append(out, record.Finding{
				Case: c.ID, Kind: "attribution", Certainty: a.Certainty, Data: data,
				Summary: fmt.Sprintf("%s: %s", phase, a.Summary(p.GetPath(), p.GetBase())), Detail: a.Detail(),
			})
		}
	}
	return out, nil
}

// pairedTimes are those of the rounds that both arms were measured in; none where
// the plugin does not report the device's time in each, and the host's in any.
func pairedTimes(c *record.Case, phase, baseName, pathName string) (base, path []attribution.Times) {
	encoded := false
	for i := range c.Rounds {
		x := &c.Rounds[i]
		bw, bd, be, ok := x.PerIteration(baseName, phase)
		pw, pd, pe, too := x.PerIteration(pathName, phase)
		if !x.Counted || !ok || !too {
			continue
		}
		if !(bw > 0 && pw > 0 && bd > 0 && pd > 0) {
			return nil, nil
		}
		encoded = encoded || be > 0 || pe > 0
		base, path = append(base, attribution.Times{Wall: bw, Device: bd, Encode: be}), append(path, attribution.Times{Wall: pw, Device: pd, Encode: pe})
	}
	if !encoded {
		return nil, nil
	}
	return base, path
}
