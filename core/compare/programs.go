package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// personal are variables that say whose session it was, and nothing of what ran.
var personal = []string{"HOME", "USER", "TMPDIR", "XDG_CACHE_HOME"}

// programFields lists where the programs of the variants that both documents
// have differ, each field once, under the first variant that it concerns.
func programFields(a, b *record.Result) (out []Field) {
	eachShared(a, b, func(v, w *record.Variant) {
		p, q := programOf(a, v), programOf(b, w)
		if p == nil || q == nil { // a document of schema 1
			return
		}
		for _, f := range differing(p, q) {
			named := slices.ContainsFunc(out, func(o Field) bool { return strings.HasSuffix(o.Name, f.Name) && o.A == f.A && o.B == f.B })
			if !named {
				f.Name = fmt.Sprintf("%s: %s", v.Name, f.Name)
				out = append(out, f)
			}
		}
	})
	return out
}

func programOf(r *record.Result, v *record.Variant) *record.Program {
	if v.Program < 0 || v.Program >= len(r.Programs) {
		return nil
	}
	return &r.Programs[v.Program]
}

// differing lists the fields in which two programs differ.
func differing(p, q *record.Program) []Field {
	build := func(p *record.Program) string {
		if p.Build == nil {
			return "none"
		}
		return strings.Join(append([]string{p.Build.Commit, "by"}, p.Build.Command...), " ")
	}
	all := []Field{
		{"program", p.Plugin.Name, q.Plugin.Name},
		{"program digest", short(p.Plugin.SHA256), short(q.Plugin.SHA256)},
		{"device index", fmt.Sprint(p.Index), fmt.Sprint(q.Index)},
		{"build", build(p), build(q)},
	}
	names := map[string]bool{}
	for _, v := range slices.Concat(p.Environment, q.Environment) {
		names[v.Name] = true
	}
	for _, v := range slices.Concat(p.Environment, q.Environment) {
		if names[v.Name] && !slices.Contains(personal, v.Name) {
			all = append(all, Field{"environment " + v.Name, valueOf(p, v.Name), valueOf(q, v.Name)})
		}
		delete(names, v.Name)
	}
	return slices.DeleteFunc(all, func(f Field) bool { return f.A == f.B })
}

func valueOf(p *record.Program, name string) string {
	if v := find(p.Environment, func(v *record.Variable) bool { return v.Name == name }); v != nil {
		return v.Value
	}
	return "not set"
}

// eachShared calls f with every variant that both documents have in one case, the
// control left out.
func eachShared(a, b *record.Result, f func(v, w *record.Variant)) {
	for i := range a.Cases {
		c := &a.Cases[i]
		o := find(b.Cases, func(x *record.Case) bool { return x.ID == c.ID })
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
