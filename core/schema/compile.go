package schema

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Block is a compiled schema.
type Block struct {
	Attributes  []Attribute // in the plugin's order
	Blocks      []Nested
	Description string
}

// Attribute is one compiled attribute.
type Attribute struct {
	Name        string
	Type        cty.Type
	TypeText    string // as the plugin wrote it
	Description string
	Required    bool
	Default     cty.Value   // null of Type when there is none
	OneOf       []cty.Value // empty: any
	Integer     bool
	Min, Max    *float64
	Deprecated  string
	Path        bool // a string, or list of strings, that names a file or folder

	defaults *typeexpr.Defaults // of optional() object attributes; may be nil
}

// Nested is a block type inside a block.
type Nested struct {
	Name     string
	Label    string // what the label is called; empty: the blocks have none
	Block    *Block
	Min, Max int // Max 0: no limit
}

// single says that the value is one object or null. Labelled blocks are an
// object by label, all others a list.
func (n *Nested) single() bool { return n.Label == "" && n.Max == 1 }

const (
	maxDepth = 16   // of nested blocks
	maxItems = 1000 // attributes and blocks of one block
)

// Compile checks b and compiles it. The error names the plugin, the place in
// the schema and what is wrong with it; it is the plugin author's to mend.
func Compile(plugin string, b *pluginv1.Block) (*Block, error) {
	if b == nil {
		return &Block{}, nil
	}
	out, err := compileBlock(b, 0)
	if err != nil {
		return nil, fmt.Errorf("plugin %s serves a faulty configuration schema: %w", plugin, err)
	}
	return out, nil
}

func compileBlock(b *pluginv1.Block, depth int) (*Block, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("blocks are nested more than %d deep", maxDepth)
	}
	if n := len(b.GetAttributes()) + len(b.GetBlocks()); n > maxItems {
		return nil, fmt.Errorf("%d attributes and blocks, at most %d are allowed", n, maxItems)
	}
	out := &Block{Description: b.GetDescription()}
	seen := map[string]bool{}
	name := func(kind, n string) error {
		switch {
		case !hclsyntax.ValidIdentifier(n):
			return fmt.Errorf("%s %q: the name is not an HCL identifier", kind, n)
		case n == "dynamic":
			return fmt.Errorf("%s %q: the name is taken by HCL's dynamic blocks", kind, n)
		case seen[n]:
			return fmt.Errorf("%s %q: the name is used twice", kind, n)
		}
		seen[n] = true
		return nil
	}
	for _, a := range b.GetAttributes() {
		if err := name("attribute", a.GetName()); err != nil {
			return nil, err
		}
		attr, err := compileAttribute(a)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", a.GetName(), err)
		}
		out.Attributes = append(out.Attributes, attr)
	}
	for _, nb := range b.GetBlocks() {
		if err := name("block", nb.GetTypeName()); err != nil {
			return nil, err
		}
		if nb.GetMaxItems() > 0 && nb.GetMinItems() > nb.GetMaxItems() {
			return nil, fmt.Errorf("block %q: min_items %d is above max_items %d", nb.GetTypeName(), nb.GetMinItems(), nb.GetMaxItems())
		}
		if l := nb.GetLabelName(); l != "" && !hclsyntax.ValidIdentifier(l) {
			return nil, fmt.Errorf("block %q: label_name %q is not an HCL identifier", nb.GetTypeName(), l)
		}
		inner, err := compileBlock(nb.GetBlock(), depth+1)
		if err != nil {
			return nil, fmt.Errorf("block %q: %w", nb.GetTypeName(), err)
		}
		out.Blocks = append(out.Blocks, Nested{
			Name: nb.GetTypeName(), Label: nb.GetLabelName(), Block: inner, Min: int(nb.GetMinItems()), Max: int(nb.GetMaxItems()),
		})
	}
	return out, nil
}

func compileAttribute(a *pluginv1.Attribute) (Attribute, error) {
	out := Attribute{
		Name: a.GetName(), TypeText: strings.TrimSpace(a.GetType()), Description: a.GetDescription(),
		Required: a.GetRequired(), Integer: a.GetInteger(), Min: a.Min, Max: a.Max, Deprecated: a.GetDeprecated(),
		Path: a.GetPath(),
	}
	var err error
	if out.Type, out.defaults, err = parseType(out.TypeText); err != nil {
		return out, err
	}
	elem := out.scalar()
	if (out.Integer || out.Min != nil || out.Max != nil) && elem != cty.Number {
		return out, fmt.Errorf("integer, min and max are for numbers, the type is %s", out.TypeText)
	}
	for _, bound := range []*float64{out.Min, out.Max} {
		if bound != nil && (math.IsNaN(*bound) || math.IsInf(*bound, 0)) {
			return out, fmt.Errorf("min and max must be finite")
		}
	}
	if out.Min != nil && out.Max != nil && *out.Min > *out.Max {
		return out, fmt.Errorf("min %v is above max %v", *out.Min, *out.Max)
	}
	if len(a.GetOneOfJson()) > 0 && !elem.IsPrimitiveType() {
		return out, fmt.Errorf("one_of is for strings, numbers and bools and lists of them, the type is %s", out.TypeText)
	}
	if out.Path && out.Type != cty.String && !out.Type.Equals(cty.List(cty.String)) {
		return out, fmt.Errorf("path is for string and list(string), the type is %s", out.TypeText)
	}
	if out.Path && len(a.GetOneOfJson()) > 0 {
		return out, fmt.Errorf("it is a path and has one_of; a path is made absolute, so that it would be none of them")
	}
	var oneOf []cty.Value
	for _, text := range a.GetOneOfJson() {
		v, err := parseValue(text, elem, nil)
		if err != nil {
			return out, fmt.Errorf("one_of: %w", err)
		}
		if v.IsNull() {
			return out, fmt.Errorf("one_of: null is not a value")
		}
		if err := out.checkScalar(v); err != nil {
			return out, fmt.Errorf("one_of: %w", err)
		}
		oneOf = append(oneOf, v)
	}
	out.OneOf = oneOf
	out.Default = cty.NullVal(out.Type)
	if a.GetDefaultJson() != "" {
		if out.Required {
			return out, fmt.Errorf("it is required and has a default; one of the two is a mistake")
		}
		v, err := parseValue(a.GetDefaultJson(), out.Type, out.defaults)
		if err != nil {
			return out, fmt.Errorf("default: %w", err)
		}
		if err := out.check(v); err != nil {
			return out, fmt.Errorf("default: %w", err)
		}
		if out.Path && slices.Contains(texts(v), "") {
			return out, fmt.Errorf("default: a path cannot be empty; leave the default out")
		}
		out.Default = v
	}
	return out, nil
}

// parseType reads an HCL type expression, "list(number)".
func parseType(text string) (cty.Type, *typeexpr.Defaults, error) {
	if len(text) > 4096 {
		return cty.NilType, nil, fmt.Errorf("the type expression is longer than 4096 bytes")
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "type", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilType, nil, fmt.Errorf("type %q: %s", text, diags[0].Detail)
	}
	ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(expr)
	if diags.HasErrors() {
		return cty.NilType, nil, fmt.Errorf("type %q: %s", text, diags[0].Detail)
	}
	return ty, defaults, nil
}

// parseValue reads one JSON value as ty.
func parseValue(text string, ty cty.Type, defaults *typeexpr.Defaults) (cty.Value, error) {
	if err := saneNumbers(text); err != nil {
		return cty.NilVal, err
	}
	implied, err := ctyjson.ImpliedType([]byte(text))
	if err != nil {
		return cty.NilVal, fmt.Errorf("%s is not JSON: %w", text, err)
	}
	v, err := ctyjson.Unmarshal([]byte(text), implied)
	if err != nil {
		return cty.NilVal, fmt.Errorf("%s: %w", text, err)
	}
	if defaults != nil && !v.IsNull() {
		v = defaults.Apply(v)
	}
	v, err = convert.Convert(v, ty)
	if err != nil {
		return cty.NilVal, fmt.Errorf("%s: %w", text, err)
	}
	return v, nil
}

// AttributeNames lists the attributes in the plugin's order.
func (b *Block) AttributeNames() []string {
	names := make([]string, len(b.Attributes))
	for i := range b.Attributes {
		names[i] = b.Attributes[i].Name
	}
	return names
}

// Has says whether b has an argument or a block of the name.
func (b *Block) Has(name string) bool {
	return b.attribute(name) != nil || slices.ContainsFunc(b.Blocks, func(n Nested) bool { return n.Name == name })
}

func (b *Block) attribute(name string) *Attribute {
	i := slices.IndexFunc(b.Attributes, func(a Attribute) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return &b.Attributes[i]
}
