package record

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/assay-bench/assay/core/judge"
)

// Tradeoffs are those of an experiment, in source order.
type Tradeoffs []judge.Tradeoff

// UnmarshalJSON also reads the reasons by guardrail that older documents have.
func (t *Tradeoffs) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '{' {
		var reasons map[string]string
		if err := json.Unmarshal(b, &reasons); err != nil {
			return err
		}
		*t = Tradeoffs{}
		for _, name := range slices.Sorted(maps.Keys(reasons)) {
			*t = append(*t, judge.Tradeoff{Guardrail: name, Reason: reasons[name]})
		}
		return nil
	}
	type list Tradeoffs
	return strictly(b, (*list)(t))
}

// of are those of one guardrail.
func (t Tradeoffs) of(guardrail string) []judge.Tradeoff {
	var out []judge.Tradeoff
	for _, o := range t {
		if o.Guardrail == guardrail {
			out = append(out, o)
		}
	}
	return out
}
