package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/schema"
)

// cases evaluates what depends on the matrix: the variants of each case and
// their configurations.
func (x *experiment) cases() {
	points := x.points()
	faults := newCaseFaults(len(points))
	configs := 0
	for _, p := range points {
		c, diags := x.oneCase(p)
		faults.add(p.id, diags)
		x.Cases = append(x.Cases, c)
		if configs += len(c.Variants); configs > maxConfigs {
			x.fault(x.Range, "Too many configurations", "Cases times variants are more than %d. Take values out of the matrix, or variants.", maxConfigs)
			x.Cases = nil
			break
		}
	}
	x.diags = append(x.diags, faults.result()...)
}

// written is a config or variant block and whether a dynamic block made it.
type written struct {
	*hcl.Block
	generated bool
}

func (x *experiment) oneCase(p point) (Case, hcl.Diagnostics) {
	c := Case{ID: p.id, Matrix: p.matrix}
	scope := with(x.scope, "matrix", cty.ObjectVal(p.matrix))
	c.names = scope
	r := &reader{scope: scope}
	var base shared
	var variants []written
	for _, b := range x.caseBlocks(r) {
		switch {
		case b.Type == "variant":
			variants = append(variants, b)
		case b.Type == "build" && len(base.builds) > 0:
			r.fault(b.DefRange, "Duplicate build block", "An experiment has one build block; the first is at %s. Delete one of them.", place(base.builds[0].DefRange))
		case b.Type == "build":
			base.builds = []*hcl.Block{b.Block}
		case len(base.config) > 0:
			r.fault(b.DefRange, "Duplicate config block", "An experiment has one config block; the first is at %s. Delete one of them.", place(base.config[0].Range))
		default:
			base.config = []schema.Layer{{Body: b.Body, Scope: scope, Range: b.DefRange, Expanded: b.generated}}
		}
	}
	if len(base.config) > 0 && x.Plugin == "" && !x.diags.HasErrors() {
		r.fault(base.config[0].Range, "Config of no plugin", `The experiment names no plugin that its config could be for. Write plugin = "NAME" in the experiment, or the config in each variant.`)
	}
	if len(variants) == 0 && !r.diags.HasErrors() {
		r.fault(x.Range, "No variant", `An experiment compares variants. Write variant "name" { baseline = true } and at least one more.`)
	}
	names := map[string]hcl.Range{}
	var baseline *hcl.Range
	var arms []*arm
	for _, b := range variants {
		for _, a := range x.variants(r, b, base) {
			v := a.v
			at := b.DefRange
			if first, ok := names[v.Name]; ok {
				r.fault(at, "Duplicate variant", "There is a variant %q at %s already. Give one of the two another name.", v.Name, place(first))
				continue
			}
			names[v.Name] = at
			if v.Baseline {
				if baseline != nil {
					r.fault(at, "Two baselines", "%q is a baseline, and so is the variant at %s. Exactly one variant is what the others are compared with.", v.Name, place(*baseline))
				}
				baseline = &at
			}
			a.id = p.id
			arms = append(arms, a)
		}
	}
	if baseline == nil && len(variants) > 0 && !r.diags.HasErrors() {
		r.fault(x.Range, "No baseline", "Exactly one variant must say baseline = true: the one that the others are compared with.")
	}
	if !r.diags.HasErrors() && !x.diags.HasErrors() {
		equalArms(r, arms)
	}
	for _, a := range arms {
		c.Variants = append(c.Variants, *a.v)
		x.arms = append(x.arms, a)
	}
	return c, r.diags
}

// checkCompared reports experiments that compare nothing.
func checkCompared(experiments []*Experiment) (diags hcl.Diagnostics) {
	for _, e := range experiments {
		for i := range e.Cases {
			if v := e.Cases[i].Variants; len(v) == 1 {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: "Nothing to compare", Subject: &e.Range,
					Detail: fmt.Sprintf("%q is the baseline and the only variant. Write at least one more for it to be compared with.", v[0].Name),
				})
				break // the other cases have the same variants
			}
		}
	}
	return diags
}

// caseBlocks lists the config, build and variant blocks, in source order, those
// that dynamic blocks generate included.
func (x *experiment) caseBlocks(r *reader) []written {
	wanted := &hcl.BodySchema{Blocks: caseBlocks}
	evaluated := func(kind string) bool {
		return slices.ContainsFunc(caseBlocks, func(s hcl.BlockHeaderSchema) bool { return s.Type == kind })
	}
	var out []written
	for _, b := range x.head.content.Blocks {
		switch {
		case evaluated(b.Type):
			out = append(out, written{Block: b})
		case b.Type == "dynamic" && evaluated(b.Labels[0]):
			content, _, diags := dynblock.Expand(oneBlock{b}, r.scope, dynblock.OptCheckForEach(schema.BoundForEach)).PartialContent(wanted)
			r.diags = append(r.diags, explain(diags)...)
			for _, g := range content.Blocks {
				out = append(out, written{Block: g, generated: true})
			}
		}
	}
	return out
}

// oneBlock is a body that holds nothing but one block.
type oneBlock struct{ block *hcl.Block }

func (b oneBlock) Content(*hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	return &hcl.BodyContent{Blocks: hcl.Blocks{b.block}, MissingItemRange: b.block.DefRange}, nil
}

func (b oneBlock) PartialContent(s *hcl.BodySchema) (*hcl.BodyContent, hcl.Body, hcl.Diagnostics) {
	content, diags := b.Content(s)
	return content, hcl.EmptyBody(), diags
}

func (b oneBlock) JustAttributes() (hcl.Attributes, hcl.Diagnostics) { return nil, nil }

func (b oneBlock) MissingItemRange() hcl.Range { return b.block.DefRange }

var variantSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{
		{Name: "baseline"}, {Name: "for_each"}, {Name: "description"}, {Name: "plugin"}, {Name: "binary"},
		{Name: "env"}, {Name: "inherit"}, {Name: "device"}, {Name: "same_as"},
	},
	Blocks: []hcl.BlockHeaderSchema{{Type: "config"}, {Type: "build"}},
}

// variants makes the variants of one block: one, or one for each element.
func (x *experiment) variants(r *reader, b written, base shared) []*arm {
	content, diags := contentOf(b.Body, variantSchema)
	if x.Plugin != "" {
		belongsInConfig(diags, x.Plugin, x.resolver.plugin(Program{Plugin: x.Plugin}).schema)
	}
	r.diags = append(r.diags, diags...)
	if c := content.Blocks.OfType("config"); len(c) > 1 {
		r.fault(c[1].DefRange, "Duplicate config block", "A variant has at most one config block; the first is at %s.", place(c[0].DefRange))
	}
	attr := content.Attributes["for_each"]
	if attr == nil {
		return []*arm{x.variant(r, b, content, base, b.Labels[0], r.scope)}
	}
	v, ok := r.eval(attr.Expr)
	if !ok {
		return nil
	}
	if v.IsNull() || !v.CanIterateElements() {
		er := &reader{scope: r.scope}
		er.invalid(attr, "a list, a set or a map is required, such as [10, 15, 20].")
		r.diags = append(r.diags, er.diags...)
		return nil
	}
	if more := schema.BoundForEach(v, attr.Expr, r.scope); more.HasErrors() {
		r.diags = append(r.diags, more...)
		return nil
	}
	var out []*arm
	keyed := v.Type().IsObjectType() || v.Type().IsMapType()
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		name := key
		if !keyed {
			name = value
			if v.Type().IsSetType() {
				key = value
			}
		}
		if name.IsNull() || !name.Type().IsPrimitiveType() {
			r.fault(attr.Expr.Range(), "Invalid for_each", "Each element becomes a part of the variant's name, so it must be a string, a number or a bool. For objects, use a map: its keys become the names.")
			return out
		}
		each := with(r.scope, "each", cty.ObjectVal(map[string]cty.Value{"key": key, "value": value}))
		out = append(out, x.variant(r, b, content, base, b.Labels[0]+"-"+label(name), each))
	}
	return out
}

// variant resolves one variant: its program, then its configuration.
func (x *experiment) variant(r *reader, b written, content *hcl.BodyContent, base shared, name string, scope *hcl.EvalContext) *arm {
	inner := &reader{attrs: content.Attributes, scope: scope}
	v := &Variant{
		Name: name, Baseline: inner.boolean("baseline", false), Description: inner.str("description", ""),
		SameAs: inner.str("same_as", ""), Config: cty.EmptyObjectVal, Range: b.DefRange,
	}
	if name == "" || name == ControlName {
		inner.fault(b.LabelRanges[0], "Invalid variant name", "%q cannot be the name of a variant. %q is what the host calls the baseline's second arm. Choose another name.", name, ControlName)
	}
	a := &arm{x: x, v: v, reader: inner, all: &reader{attrs: x.attrs, scope: r.scope}, at: b.DefRange}
	a.program(content, base)
	a.configure(content.Blocks.OfType("config"), base.config, b)
	r.diags = append(r.diags, a.all.diags...)
	r.diags = append(r.diags, a.diags...)
	return a
}
