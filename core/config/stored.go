package config

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
)

// StoredBaseline is an earlier result that guardrails are held against.
type StoredBaseline struct {
	Name    string
	Path    string // of the document
	Variant string // in the document; empty: the one of the judged variant's name
	Range   hcl.Range

	cases map[string][]string // variants that the document has, by case; nil: not looked into
}

var storedSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "result", Required: true}, {Name: "variant"}}}

func (x *experiment) storedBaseline(b *hcl.Block) {
	content, diags := contentOf(b.Body, storedSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	s := StoredBaseline{Name: b.Labels[0], Path: r.str("result", ""), Variant: r.str("variant", ""), Range: b.DefRange}
	x.unique(r, b)
	if attr := content.Attributes["result"]; attr != nil && !r.diags.HasErrors() {
		if s.Path == "" {
			r.invalid(attr, "the name of a result document is required.")
		} else {
			if !filepath.IsAbs(s.Path) {
				s.Path = filepath.Join(filepath.FromSlash(x.resolver.module.Dir), s.Path)
			}
			x.readStored(r, attr, &s)
		}
	}
	x.Stored = append(x.Stored, s)
	x.diags = append(x.diags, r.diags...)
}

// readStored looks into the document, and holds its cases against those of the
// experiment.
func (x *experiment) readStored(r *reader, attr *hcl.Attribute, s *StoredBaseline) {
	if x.resolver.opts.Result == nil {
		return
	}
	var err error
	if s.cases, err = x.resolver.opts.Result(s.Path); err != nil {
		r.fault(attr.Expr.Range(), "Unusable result", "%s Paths are relative to the folder of the configuration (%s). `assay show FILE` prints a result.", sentence(err.Error()), x.resolver.module.Dir)
		return
	}
	if len(x.Cases) == 0 {
		return
	}
	if !slices.ContainsFunc(x.Cases, func(c Case) bool { return s.cases[c.ID] != nil }) {
		r.fault(attr.Expr.Range(), "No case in common", "%s has no case of this experiment. It has: %s. The experiment has: %s.",
			s.Path, diag.List(slices.Sorted(maps.Keys(s.cases))), diag.List(caseIDs(x.Cases)))
		return
	}
	if at := r.attrs["variant"]; at != nil && s.Variant != "" {
		known := variantsIn(s.cases)
		if !slices.Contains(known, s.Variant) {
			r.invalid(at, "%s has no variant %q. %s", s.Path, s.Variant, diag.DidYouMean(s.Variant, "variants there", known))
		}
	}
}

func caseIDs(cases []Case) []string {
	var out []string
	for i := range cases {
		out = append(out, cases[i].ID)
	}
	return out
}

func variantsIn(cases map[string][]string) []string {
	var out []string
	for _, names := range cases {
		out = append(out, names...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// against checks the stored baseline of a guardrail.
func (x *experiment) against(r *reader, g *Guardrail) {
	attr := r.attrs["against"]
	if attr == nil || g.Against == "" {
		return
	}
	var known []string
	for _, s := range x.Stored {
		known = append(known, s.Name)
	}
	i := slices.Index(known, g.Against)
	switch {
	case i < 0:
		r.invalid(attr, "there is no block stored_baseline %q. %s", g.Against, diag.DidYouMean(g.Against, "stored baselines", known))
		return
	case g.Absolute():
		r.fault(attr.NameRange, "Two questions", "A guardrail asks one: against compares with a stored result, and a bound on the value itself needs nothing to compare with. Delete one, or write two guardrails.")
		return
	}
	s := &x.Stored[i]
	if s.cases == nil {
		return
	}
	for _, c := range x.Cases {
		if _, asked := g.In(c.ID); !asked {
			continue
		}
		for _, v := range c.Variants {
			of := s.Variant
			if of == "" {
				of = v.Name
			}
			if v.Baseline || g.Variant != "" && g.Variant != v.Name || slices.Contains(s.cases[c.ID], of) {
				continue
			}
			r.warn(attr.Expr.Range(), "Nothing to compare with", "%s has no variant %q in the case %s, so that %q would be judged invalid there. Name one of it: variant = … in the block stored_baseline, or leave the case out: where = … in the guardrail.",
				s.Path, of, c.ID, v.Name)
			return
		}
	}
}

// unusedStored warns of stored baselines that no guardrail names.
func (x *experiment) unusedStored() {
	for _, s := range x.Stored {
		if !slices.ContainsFunc(x.Guardrails, func(g Guardrail) bool { return g.Against == s.Name }) {
			x.warn(s.Range, "Stored baseline without effect", "No guardrail is against %q. Write against = %q in one.", s.Name, s.Name)
		}
	}
}
