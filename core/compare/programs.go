package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// programFields lists where the programs of the variants that both documents
// have differ, each field once, under the first variant that it concerns.
func programFields(a, b *record.Result) (out []record.Field) {
	eachShared(a, b, func(v, w *record.Variant) {
		p, q := a.ProgramOf(v), b.ProgramOf(w)
		if p == nil || q == nil { // a document of schema 1
			return
		}
		for _, f := range append(p.Differences(q), a.FilesDiffer(b, v, w)...) {
			named := slices.ContainsFunc(out, func(o record.Field) bool { return strings.HasSuffix(o.Name, f.Name) && o.A == f.A && o.B == f.B })
			if !named {
				f.Name = fmt.Sprintf("%s: %s", v.Name, f.Name)
				out = append(out, f)
			}
		}
	})
	return out
}

// eachShared calls f with every variant that both documents have in one case, the
// control left out.
func eachShared(a, b *record.Result, f func(v, w *record.Variant)) {
	for i := range a.Cases {
		c := &a.Cases[i]
		o := b.Case(c.ID)
		for j := range c.Variants {
			v := &c.Variants[j]
			if o == nil || v.Role == record.RoleControl {
				continue
			}
			if w := find(o.Variants, func(x *record.Variant) bool { return x.Name == v.Name }); w != nil {
				f(v, w)
			}
		}
	}
}
