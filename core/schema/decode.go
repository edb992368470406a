package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/assay-bench/assay/core/diag"
)

// Layer is one body that contributes to a configuration, with the names its
// expressions may use. A later layer overrides an earlier one: attribute by
// attribute; in single nested blocks and in labelled ones of the same label
// again attribute by attribute; repeated nested blocks as a whole.
type Layer struct {
	Body  hcl.Body
	Scope *hcl.EvalContext
	Range hcl.Range // of the block's header

	Expanded bool // Body came out of a dynamic block and expands its own

	generates map[string]bool // block types that Body has dynamic blocks for
}

// Decoded is a configuration and where each part of it was written.
type Decoded struct {
	Value cty.Value
	JSON  []byte // canonical cty JSON of Value; nil when some part has no value

	block  *Block
	source *source
}

// source is where a block's parts were written.
type source struct {
	header hcl.Range
	label  string // of a labelled block
	attrs  map[string]attrSource
	blocks map[string][]*source
}

type attrSource struct {
	attr  *hcl.Attribute
	scope *hcl.EvalContext
}

// Decode merges the layers into one value: an object with every attribute of
// the schema, defaults filled in, and every nested block: an object by label
// if they have labels, an object (null when absent) if there may be one, else
// a list. Dynamic blocks are expanded, paths made absolute. where is blamed for
// what is missing when there is no layer.
func (b *Block) Decode(layers []Layer, where hcl.Range, files Files) (*Decoded, hcl.Diagnostics) {
	expanded := slices.Clone(layers)
	for i := range expanded {
		if expanded[i].Expanded {
			continue
		}
		expanded[i].generates = generates(expanded[i].Body)
		expanded[i].Body = dynblock.Expand(expanded[i].Body, expanded[i].Scope, dynblock.OptCheckForEach(BoundForEach))
	}
	v, src, diags := b.decode(expanded, where, files)
	out := &Decoded{Value: v, block: b, source: src}
	if diags.HasErrors() || !v.IsWhollyKnown() {
		return out, diags
	}
	raw, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return out, append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Configuration cannot be sent to the plugin",
			Detail: fmt.Sprintf("It has no JSON form: %s.", err), Subject: src.header.Ptr(),
		})
	}
	out.JSON = raw
	return out, diags
}

func (b *Block) decode(layers []Layer, where hcl.Range, files Files) (cty.Value, *source, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	src := &source{header: where, attrs: map[string]attrSource{}, blocks: map[string][]*source{}}
	if len(layers) > 0 {
		src.header = layers[0].Range
	}
	contents := make([]*hcl.BodyContent, len(layers))
	for i, l := range layers {
		content, more := l.Body.Content(b.bodySchema())
		diags = append(diags, b.advise(more)...)
		contents[i] = content
		for name, attr := range content.Attributes {
			src.attrs[name] = attrSource{attr: attr, scope: l.Scope}
		}
	}
	meant := diag.Meant(diags)
	values := make(map[string]cty.Value, len(b.Attributes)+len(b.Blocks))
	for i := range b.Attributes {
		a := &b.Attributes[i]
		v, more := a.decode(src.attrs[a.Name], src.header, files)
		if _, written := src.attrs[a.Name]; !written && meant[a.Name] {
			more = nil // misspelt, which has been said
		}
		values[a.Name] = v
		diags = append(diags, more...)
	}
	for i := range b.Blocks {
		n := &b.Blocks[i]
		v, srcs, more := n.decode(layers, contents, src.header, files)
		values[n.Name] = v
		src.blocks[n.Name] = srcs
		diags = append(diags, more...)
	}
	return cty.ObjectVal(values), src, diags
}

// decode evaluates one attribute. A fault already reported gives an unknown
// value, so that it is not reported again further on.
func (a *Attribute) decode(s attrSource, header hcl.Range, files Files) (cty.Value, hcl.Diagnostics) {
	unknown := cty.UnknownVal(a.Type)
	if s.attr == nil {
		if a.Required {
			return unknown, hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "Missing required argument",
				Detail:  fmt.Sprintf("The argument %q is required: %s.", a.Name, a.want()),
				Subject: &header,
			}}
		}
		return a.resolve(a.Default, s, header, files)
	}
	v, diags := s.attr.Expr.Value(s.scope)
	if diags.HasErrors() {
		return unknown, diags
	}
	if a.Deprecated != "" {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Deprecated argument",
			Detail:  fmt.Sprintf("%q is deprecated: %s", a.Name, a.Deprecated),
			Subject: s.attr.NameRange.Ptr(),
		})
	}
	fault := func(summary, detail string) (cty.Value, hcl.Diagnostics) {
		return unknown, append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: summary, Detail: detail,
			Subject: s.attr.Expr.Range().Ptr(), Expression: s.attr.Expr, EvalContext: s.scope,
		})
	}
	if !v.IsWhollyKnown() {
		return unknown, diags
	}
	v, _ = v.UnmarkDeep()
	if v.IsNull() {
		if a.Required {
			return fault("Invalid value", fmt.Sprintf("%q is required and cannot be null: %s.", a.Name, a.want()))
		}
		v, more := a.resolve(a.Default, s, header, files)
		return v, append(diags, more...)
	}
	if a.defaults != nil {
		v = a.defaults.Apply(v)
	}
	v, err := convert.Convert(v, a.Type)
	if err != nil {
		return fault("Invalid value", fmt.Sprintf("%q: %s. It takes %s.", a.Name, describe(err), a.want()))
	}
	if err := a.check(v); err != nil {
		return fault("Invalid value", fmt.Sprintf("%q: %s", a.Name, sentence(err.Error())))
	}
	v, more := a.resolve(v, s, header, files)
	return v, append(diags, more...)
}

func (b *Block) bodySchema() *hcl.BodySchema {
	s := &hcl.BodySchema{}
	for i := range b.Attributes {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: b.Attributes[i].Name})
	}
	for i := range b.Blocks {
		s.Blocks = append(s.Blocks, b.Blocks[i].header())
	}
	return s
}

// advise adds what may be written to the faults that HCL has no suggestion for.
func (b *Block) advise(diags hcl.Diagnostics) hcl.Diagnostics {
	var blocks []string
	for i := range b.Blocks {
		blocks = append(blocks, b.Blocks[i].Name)
	}
	return diag.Advise(slices.DeleteFunc(diags, noLabels), b.AttributeNames(), blocks, b.within)
}

// noLabels is what package json of HCL says of "phase": {}, which is no phase, as in
// the JSON of a configuration that a plugin is sent. Other packages word it otherwise.
func noLabels(d *hcl.Diagnostic) bool {
	return d.Summary == "Missing block label" && strings.HasPrefix(d.Detail, "At least one object property is required")
}

// within lists the blocks of b that have an argument, or a block, of the name.
func (b *Block) within(name string) []string {
	var out []string
	for i := range b.Blocks {
		n := &b.Blocks[i]
		if n.Block.Has(name) {
			out = append(out, n.Name)
			continue
		}
		for _, inner := range n.Block.within(name) {
			out = append(out, n.Name+" > "+inner)
		}
	}
	return out
}
