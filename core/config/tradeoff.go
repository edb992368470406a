package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
)

var tradeoffSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "reason", Required: true}}}

func (x *experiment) tradeoff(b *hcl.Block) {
	content, diags := contentOf(b.Body, tradeoffSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	name := b.Labels[0]
	reason := r.str("reason", "")
	if attr := content.Attributes["reason"]; attr != nil && reason == "" && !r.diags.HasErrors() {
		r.invalid(attr, "say why the loss is accepted; an empty reason is none.")
	}
	if _, ok := x.Tradeoffs[name]; ok {
		r.fault(b.DefRange, "Duplicate tradeoff", "There is a trade-off for the guardrail %q already.", name)
	}
	i := slices.IndexFunc(x.Guardrails, func(g Guardrail) bool { return g.Name == name })
	switch {
	case i < 0:
		var known []string
		for _, g := range x.Guardrails {
			known = append(known, g.Name)
		}
		r.fault(b.LabelRanges[0], "Unknown guardrail", "A trade-off belongs to a guardrail, and there is none called %q. %s", name, diag.DidYouMean(name, "guardrails", known))
	case x.Guardrails[i].OnFail != "require_tradeoff":
		r.warn(b.DefRange, "Trade-off without effect", `The guardrail %q says on_fail = %q. A trade-off counts where it says "require_tradeoff".`, name, x.Guardrails[i].OnFail)
	}
	if x.Tradeoffs == nil {
		x.Tradeoffs = map[string]string{}
	}
	x.Tradeoffs[name] = reason
	x.diags = append(x.diags, r.diags...)
}
