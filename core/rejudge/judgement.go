package rejudge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

// A Judgement sets one stored judgement against the one that follows.
type Judgement struct {
	Case      string          `json:"case"`
	Guardrail string          `json:"guardrail"`
	Phase     string          `json:"phase"`
	Variant   string          `json:"variant"`
	Stored    judge.Verdict   `json:"stored"` // empty: the document lacks this judgement
	Want      judge.Verdict   `json:"want"`   // empty: no guardrail asks for it
	Follows   bool            `json:"follows"`
	Why       string          `json:"why"` // one of the Why constants
	Numbers   []Difference    `json:"numbers"`
	Judgement judge.Judgement `json:"judgement"` // as it follows from the samples
}

// Why a judgement does or does not follow.
const (
	WhySame    = "it follows from the samples"
	WhyVerdict = "the samples give another verdict"
	WhyNumbers = "the samples give the same verdict, but other numbers"
	WhyRests   = "the samples under it are not those that the session judged"
)

// judgementsOf pairs the judgements of case i of both documents.
func judgementsOf(r, want *record.Result, i int, diffs []Difference) []Judgement {
	id := want.Cases[i].ID
	var stored []judge.Judgement
	if i < len(r.Cases) {
		stored = slices.Clone(r.Cases[i].Judgements)
	}
	var out []Judgement
	for n, j := range want.Cases[i].Judgements {
		k := Judgement{Case: id, Guardrail: j.Guardrail, Phase: j.Phase, Variant: j.Variant, Want: j.Verdict, Judgement: j, Numbers: []Difference{}}
		if at := slices.IndexFunc(stored, func(s judge.Judgement) bool {
			return s.Guardrail == j.Guardrail && s.Phase == j.Phase && s.Variant == j.Variant
		}); at >= 0 {
			k.Stored = stored[at].Verdict
			stored = slices.Delete(stored, at, at+1)
		}
		under := fmt.Sprintf("/cases/%d/judgements/%d/", i, n)
		for _, d := range diffs {
			if strings.HasPrefix(d.Path, under) {
				k.Numbers = append(k.Numbers, d)
			}
		}
		switch {
		case k.Stored != k.Want:
			k.Why = WhyVerdict
		case len(k.Numbers) > 0:
			k.Why = WhyNumbers
		case restsOnChanged(&want.Cases[i], i, j, diffs):
			k.Why = WhyRests
		default:
			k.Follows, k.Why = true, WhySame
		}
		out = append(out, k)
	}
	for _, j := range stored {
		out = append(out, Judgement{Case: id, Guardrail: j.Guardrail, Phase: j.Phase, Variant: j.Variant, Stored: j.Verdict, Why: WhyVerdict, Numbers: []Difference{}, Judgement: j})
	}
	return out
}

// restsOnChanged says that in the judgement's phase the samples of the variant,
// its baseline or its control are not those whose digest the document has. A
// metric may be in the samples of any phase.
func restsOnChanged(c *record.Case, i int, j judge.Judgement, diffs []Difference) bool {
	for n, v := range c.Variants {
		if v.Name != j.Variant && v.Role != record.RoleBaseline && v.Role != record.RoleControl {
			continue
		}
		all := []string{"cases", strconv.Itoa(i), "variants", strconv.Itoa(n), "samples_sha256"}
		whole, path := pointer(all), pointer(append(all, j.Phase))
		if slices.ContainsFunc(diffs, func(d Difference) bool {
			return d.Path == path || d.Path == whole || j.Metric != "" && strings.HasPrefix(d.Path, whole+"/")
		}) {
			return true
		}
	}
	return false
}
