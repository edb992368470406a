package schema

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/assay-bench/assay/core/diag"
)

// Layer is one body that contributes to a configuration, with the names its
// expressions may use. A later layer overrides an earlier one: attribute by
// attribute; in single nested blocks again attribute by attribute; repeated
// nested blocks as a whole.
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
	attrs  map[string]attrSource
	blocks map[string][]*source
}

type attrSource struct {
	attr  *hcl.Attribute
	scope *hcl.EvalContext
}

// Decode merges the layers into one value: an object with every attribute of
// the schema, defaults filled in, and every nested block, an object (null
// when absent) if there may be one, else a list. Dynamic blocks are expanded.
// where is blamed for what is missing when there is no layer.
func (b *Block) Decode(layers []Layer, where hcl.Range) (*Decoded, hcl.Diagnostics) {
	expanded := slices.Clone(layers)
	for i := range expanded {
		if expanded[i].Expanded {
			continue
		}
		expanded[i].generates = generates(expanded[i].Body)
		expanded[i].Body = dynblock.Expand(expanded[i].Body, expanded[i].Scope, dynblock.OptCheckForEach(BoundForEach))
	}
	v, src, diags := b.decode(expanded, where)
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

func (b *Block) decode(layers []Layer, where hcl.Range) (cty.Value, *source, hcl.Diagnostics) {
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
		v, more := a.decode(src.attrs[a.Name], src.header)
		if _, written := src.attrs[a.Name]; !written && meant[a.Name] {
			more = nil // misspelt, which has been said
		}
		values[a.Name] = v
		diags = append(diags, more...)
	}
	for i := range b.Blocks {
		n := &b.Blocks[i]
		v, srcs, more := n.decode(layers, contents, src.header)
		values[n.Name] = v
		src.blocks[n.Name] = srcs
		diags = append(diags, more...)
	}
	return cty.ObjectVal(values), src, diags
}

// decode evaluates one attribute. A fault already reported gives an unknown
// value, so that it is not reported again further on.
func (a *Attribute) decode(s attrSource, header hcl.Range) (cty.Value, hcl.Diagnostics) {
	unknown := cty.UnknownVal(a.Type)
	if s.attr == nil {
		if a.Required {
			return unknown, hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "Missing required argument",
				Detail:  fmt.Sprintf("The argument %q is required: %s.", a.Name, a.want()),
				Subject: &header,
			}}
		}
		return a.Default, nil
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
		return a.Default, diags
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
	return v, diags
}

func (n *Nested) decode(layers []Layer, contents []*hcl.BodyContent, header hcl.Range) (cty.Value, []*source, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	var inner [][]Layer // single block: one stack of layers; repeated: one stack each
	for i, content := range contents {
		blocks := content.Blocks.OfType(n.Name)
		if n.Max == 1 {
			if len(blocks) > 1 {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: fmt.Sprintf("Duplicate %s block", n.Name),
					Detail:  fmt.Sprintf("There may be one %q block here; the first is at %s. Delete one of them.", n.Name, place(blocks[0].DefRange)),
					Subject: blocks[1].DefRange.Ptr(),
				})
			}
			if len(blocks) > 0 {
				if len(inner) == 0 {
					inner = [][]Layer{nil}
				}
				inner[0] = append(inner[0], Layer{Body: blocks[0].Body, Scope: layers[i].Scope, Range: blocks[0].DefRange})
			}
			continue
		}
		if len(blocks) > 0 || layers[i].generates[n.Name] {
			inner = nil // a later layer's blocks replace the earlier's
		}
		for _, block := range blocks {
			inner = append(inner, []Layer{{Body: block.Body, Scope: layers[i].Scope, Range: block.DefRange}})
		}
	}
	if len(inner) < n.Min {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: fmt.Sprintf("Missing %s block", n.Name),
			Detail:  fmt.Sprintf("At least %d %q block(s) are required here; there are %d.", n.Min, n.Name, len(inner)),
			Subject: &header,
		})
	}
	if n.Max > 1 && len(inner) > n.Max {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: fmt.Sprintf("Too many %s blocks", n.Name),
			Detail:  fmt.Sprintf("At most %d %q blocks are allowed here; there are %d.", n.Max, n.Name, len(inner)),
			Subject: inner[n.Max][0].Range.Ptr(),
		})
	}
	var values []cty.Value
	var sources []*source
	for _, stack := range inner {
		v, src, more := n.Block.decode(stack, header)
		values, sources, diags = append(values, v), append(sources, src), append(diags, more...)
	}
	switch {
	case n.Max != 1:
		return cty.TupleVal(values), sources, diags
	case len(values) == 0:
		return cty.NullVal(cty.EmptyObject), sources, diags
	default:
		return values[0], sources, diags
	}
}

// generates lists the block types that body has dynamic blocks for: one that
// generates nothing still replaces what an earlier layer has.
func generates(body hcl.Body) map[string]bool {
	content, _, _ := body.PartialContent(&hcl.BodySchema{
		Blocks: []hcl.BlockHeaderSchema{{Type: "dynamic", LabelNames: []string{"type"}}},
	})
	out := map[string]bool{}
	for _, b := range content.Blocks {
		out[b.Labels[0]] = true
	}
	return out
}

func (b *Block) bodySchema() *hcl.BodySchema {
	s := &hcl.BodySchema{}
	for i := range b.Attributes {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: b.Attributes[i].Name})
	}
	for i := range b.Blocks {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: b.Blocks[i].Name})
	}
	return s
}

// BoundForEach is a check for dynblock.OptCheckForEach: it refuses to make
// more than a thousand blocks.
func BoundForEach(v cty.Value, expr hcl.Expression, scope *hcl.EvalContext) hcl.Diagnostics {
	const most = 1000
	if v.IsKnown() && !v.IsNull() && v.CanIterateElements() && v.LengthInt() > most {
		return hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Too many blocks",
			Detail:  fmt.Sprintf("This would make %d blocks; at most %d are allowed.", v.LengthInt(), most),
			Subject: expr.Range().Ptr(), Expression: expr, EvalContext: scope,
		}}
	}
	return nil
}

// advise adds what may be written to the faults that HCL has no suggestion for.
func (b *Block) advise(diags hcl.Diagnostics) hcl.Diagnostics {
	var blocks []string
	for i := range b.Blocks {
		blocks = append(blocks, b.Blocks[i].Name)
	}
	return diag.Advise(diags, b.AttributeNames(), blocks)
}
