package rejudge

import (
	"fmt"

	"github.com/assay-bench/assay/core/record"
)

// Trusted reads a document that something is to rest on: one whose conclusions
// follow from its samples.
func Trusted(path string) (*record.Result, error) {
	r, err := record.ReadReduced(path)
	if err != nil {
		return nil, err
	}
	rep, err := Check(r)
	if err != nil {
		return nil, fmt.Errorf("result %s: %w", path, err)
	}
	if !rep.Follows {
		return nil, fmt.Errorf("result %s: it does not follow from its own samples: see `assay explain %s`", path, path)
	}
	return r, nil
}

// Measured are the variants of each case that were measured, in the document's
// order.
func Measured(r *record.Result) map[string][]string {
	out := map[string][]string{}
	for i := range r.Cases {
		c := &r.Cases[i]
		out[c.ID] = []string{}
		for j := range c.Variants {
			if v := &c.Variants[j]; v.Role != record.RoleControl && len(v.Phases) > 0 {
				out[c.ID] = append(out[c.ID], v.Name)
			}
		}
	}
	return out
}
