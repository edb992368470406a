package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// caseFaults merges the faults of many cases: the same fault at the same
// place is reported once, with the number of cases.
type caseFaults struct {
	total int
	order []*caseFault
	byKey map[faultKey]*caseFault
}

type caseFault struct {
	diag  *hcl.Diagnostic
	first string
	cases map[string]bool
}

type faultKey struct {
	severity hcl.DiagnosticSeverity
	summary  string
	subject  hcl.Range
}

func newCaseFaults(total int) *caseFaults {
	return &caseFaults{total: total, byKey: map[faultKey]*caseFault{}}
}

func (f *caseFaults) add(id string, diags hcl.Diagnostics) {
	for _, d := range diags {
		k := faultKey{severity: d.Severity, summary: d.Summary}
		if d.Subject != nil {
			k.subject = *d.Subject
		}
		known := f.byKey[k]
		if known == nil {
			known = &caseFault{diag: d, first: id, cases: map[string]bool{}}
			f.byKey[k] = known
			f.order = append(f.order, known)
		}
		known.cases[id] = true
	}
}

func (f *caseFaults) result() hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, c := range f.order {
		d := *c.diag
		switch n := len(c.cases); {
		case f.total <= 1:
		case n == f.total:
			d.Detail += fmt.Sprintf("\nIn all %d cases.", n)
		case n == 1:
			d.Detail += fmt.Sprintf("\nIn 1 of %d cases: %s.", f.total, c.first)
		default:
			d.Detail += fmt.Sprintf("\nIn %d of %d cases, the first: %s.", n, f.total, c.first)
		}
		out = append(out, &d)
	}
	return out
}
