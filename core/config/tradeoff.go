package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
)

// Tradeoff accepts fails of a guardrail, with a reason in writing.
type Tradeoff struct {
	Guardrail string
	Reason    string
	Variant   string   // empty: every variant
	MaxLoss   *float64 // largest loss that is accepted; nil: any
	Range     hcl.Range

	Cases map[string]bool // ids of the cases that it covers; nil: all
}

var tradeoffSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "reason", Required: true}, {Name: "variant"}, {Name: "where"}, {Name: "max_loss"},
}}

func (x *experiment) tradeoff(b *hcl.Block) {
	content, diags := contentOf(b.Body, tradeoffSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	o := Tradeoff{Guardrail: b.Labels[0], Reason: r.str("reason", ""), Variant: r.str("variant", ""), Range: b.DefRange}
	if attr := content.Attributes["reason"]; attr != nil && o.Reason == "" && !r.diags.HasErrors() {
		r.invalid(attr, "say why the loss is accepted; an empty reason is none.")
	}
	if attr := content.Attributes["max_loss"]; attr != nil && !isNull(r, attr) {
		loss := r.number("max_loss", 0, 0, 1)
		o.MaxLoss = &loss
	}
	o.Cases = x.where(r)
	x.ofGuardrail(r, b, &o)
	for _, other := range x.Tradeoffs {
		if in, both := x.overlap(&o, &other); both && !r.diags.HasErrors() {
			r.fault(b.DefRange, "Duplicate tradeoff", "The trade-off for the guardrail %q at %s covers the same variant%s. Delete one, or let variant or where tell them apart.", o.Guardrail, place(other.Range), in)
			break
		}
	}
	x.Tradeoffs = append(x.Tradeoffs, o)
	x.diags = append(x.diags, r.diags...)
}

// where evaluates the cases in which a block counts: nil for all of them.
func (x *experiment) where(r *reader) map[string]bool {
	attr := r.attrs["where"]
	if attr == nil {
		return nil
	}
	faults := newCaseFaults(len(x.Cases))
	cases := map[string]bool{}
	for i := range x.Cases {
		inner := &reader{attrs: r.attrs, scope: x.Cases[i].names}
		if inner.boolean("where", true) {
			cases[x.Cases[i].ID] = true
		}
		faults.add(x.Cases[i].ID, inner.diags)
	}
	found := faults.result()
	r.diags = append(r.diags, found...)
	switch {
	case found.HasErrors() || len(cases) == len(x.Cases):
		return nil
	case len(cases) == 0:
		r.warn(attr.Expr.Range(), "Never asked", "where holds in no case, so that this block has no effect.")
	}
	return cases
}

// ofGuardrail checks a trade-off against the guardrail that it belongs to.
func (x *experiment) ofGuardrail(r *reader, b *hcl.Block, o *Tradeoff) {
	i := slices.IndexFunc(x.Guardrails, func(g Guardrail) bool { return g.Name == o.Guardrail })
	if i < 0 {
		var known []string
		for _, g := range x.Guardrails {
			known = append(known, g.Name)
		}
		r.fault(b.LabelRanges[0], "Unknown guardrail", "A trade-off belongs to a guardrail, and there is none called %q. %s", o.Guardrail, diag.DidYouMean(o.Guardrail, "guardrails", known))
		return
	}
	g := &x.Guardrails[i]
	attr := r.attrs["variant"]
	if attr != nil && (!g.Absolute() || !x.hasBaseline(o.Variant)) {
		r.namesVariant(attr, o.Variant, x)
	}
	switch {
	case g.OnFail != "require_tradeoff":
		r.warn(b.DefRange, "Trade-off without effect", `The guardrail %q says on_fail = %q. A trade-off counts where it says "require_tradeoff".`, o.Guardrail, g.OnFail)
	case attr != nil && g.Variant != "" && o.Variant != "" && o.Variant != g.Variant:
		r.warn(attr.Expr.Range(), "Trade-off without effect", "The guardrail %q is about %q only.", o.Guardrail, g.Variant)
	case g.Absolute() && o.MaxLoss != nil:
		r.fault(r.attrs["max_loss"].NameRange, "No loss here", "max_loss is against the baseline, and the guardrail %q bounds the value itself. Delete it, or move the bound.", o.Guardrail)
	case !g.Absolute() && o.MaxLoss == nil && !r.diags.HasErrors():
		r.warn(b.DefRange, "Any loss is accepted", "Without max_loss this trade-off accepts a loss of any size. Write the largest that the reason holds for, such as max_loss = 0.05.")
	}
}

// overlap says that two trade-offs cover a variant in the same case, and in which.
func (x *experiment) overlap(a, b *Tradeoff) (in string, both bool) {
	if a.Guardrail != b.Guardrail || a.Variant != b.Variant && a.Variant != "" && b.Variant != "" {
		return "", false
	}
	if a.Cases == nil && b.Cases == nil {
		return "", true
	}
	for _, c := range x.Cases {
		if (a.Cases == nil || a.Cases[c.ID]) && (b.Cases == nil || b.Cases[c.ID]) {
			return " in the case " + c.ID, true
		}
	}
	return "", false
}
