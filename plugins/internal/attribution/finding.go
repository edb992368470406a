package attribution

import (
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
)

// Finding compares two measured phases, in the rounds that both were measured
// in. It is false when they have none in common.
func Finding(phase, baseName, pathName string, base, path sdk.PhaseResult) (sdk.Finding, bool) {
	b, p := pair(base.PerRound, path.PerRound)
	a, err := Explain(b, p)
	if err != nil {
		return sdk.Finding{}, false
	}
	return sdk.Finding{
		Kind:      "attribution",
		Summary:   fmt.Sprintf("%s: %s", phase, a.Summary(pathName, baseName)),
		Detail:    a.Detail(),
		Certainty: a.Certainty,
		Data: data{
			Phase: phase, Base: baseName, Path: pathName, Attribution: a,
		},
	}, true
}

// data is a finding's machine-readable form.
type data struct {
	Phase string `json:"phase"`
	Base  string `json:"base"`
	Path  string `json:"path"`
	Attribution
}

// pair keeps the rounds that both have, in order.
func pair(base, path []sdk.RoundTimes) (b, p []Times) {
	byRound := map[int]sdk.RoundTimes{}
	for _, r := range base {
		byRound[r.Round] = r
	}
	for _, r := range path {
		if other, ok := byRound[r.Round]; ok {
			b = append(b, Times{other.Wall, other.Device, other.Encode})
			p = append(p, Times{r.Wall, r.Device, r.Encode})
		}
	}
	return b, p
}
