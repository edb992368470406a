package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/diag"
)

var guardrailSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "phase", Required: true}, {Name: "variant"}, {Name: "min_ratio"}, {Name: "margin"}, {Name: "on_fail"},
}}

func (x *experiment) guardrail(b *hcl.Block) {
	content, diags := contentOf(b.Body, guardrailSchema)
	r := &reader{attrs: content.Attributes, scope: x.scope, diags: diags}
	g := Guardrail{
		Name: b.Labels[0], Phase: r.str("phase", ""), Variant: r.str("variant", ""),
		MinRatio: r.number("min_ratio", 1, 0.001, 1000), Margin: r.number("margin", 0.01, 0, 1),
		OnFail: r.oneOf("on_fail", "fail", "fail", "warn", "require_tradeoff"), Range: b.DefRange,
	}
	r.unique(b, "guardrail", x.guardrailNames())
	if known := x.PhaseNames(); g.Phase != "" && len(known) > 0 && !slices.Contains(known, g.Phase) {
		detail := fmt.Sprintf("the plugin %s has no phase %q. %s", x.plugin.name, g.Phase, diag.DidYouMean(g.Phase, "phases", known))
		if slices.Contains(x.plugin.phases(), g.Phase) {
			detail = fmt.Sprintf("measure does not name the phase %q, so that it would never be measured. Add it there.", g.Phase)
		}
		r.invalid(content.Attributes["phase"], "%s", detail)
	}
	r.namesVariant(content.Attributes["variant"], g.Variant, x)
	x.Guardrails = append(x.Guardrails, g)
	x.diags = append(x.diags, r.diags...)
}

func (x *experiment) guardrailNames() map[string]hcl.Range {
	names := map[string]hcl.Range{}
	for _, g := range x.Guardrails {
		names[g.Name] = g.Range
	}
	return names
}

// unique reports a label that another block of the same type has.
func (r *reader) unique(b *hcl.Block, what string, taken map[string]hcl.Range) {
	if first, ok := taken[b.Labels[0]]; ok {
		r.fault(b.DefRange, "Duplicate "+what, "There is a %s %q at %s already. Give one of the two another name.", what, b.Labels[0], place(first))
	}
}

// namesVariant checks that name is a variant of some case and not the
// baseline.
func (r *reader) namesVariant(attr *hcl.Attribute, name string, x *experiment) {
	if attr == nil || name == "" || len(x.Cases) == 0 {
		return
	}
	var known []string
	for _, c := range x.Cases {
		for _, v := range c.Variants {
			if v.Name == name && v.Baseline {
				r.invalid(attr, "%q is the baseline, which would be compared with itself. Name another variant, or leave the argument out to mean all of them.", name)
				return
			}
			if !slices.Contains(known, v.Name) && !v.Baseline {
				known = append(known, v.Name)
			}
		}
	}
	if !slices.Contains(known, name) && len(known) > 0 {
		r.invalid(attr, "there is no variant %q. %s", name, diag.DidYouMean(name, "variants beside the baseline", known))
	}
}

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
