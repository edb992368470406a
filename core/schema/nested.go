package schema

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// stack is what the layers give for one nested block.
type stack struct {
	label  string
	layers []Layer
}

func (n *Nested) header() hcl.BlockHeaderSchema {
	h := hcl.BlockHeaderSchema{Type: n.Name}
	if n.Label != "" {
		h.LabelNames = []string{n.Label}
	}
	return h
}

// decode gives the value of all blocks of this type.
func (n *Nested) decode(layers []Layer, contents []*hcl.BodyContent, header hcl.Range, files Files) (cty.Value, []*source, hcl.Diagnostics) {
	var stacks []stack
	var diags hcl.Diagnostics
	if n.Label != "" || n.single() {
		stacks, diags = n.merged(layers, contents)
	} else {
		stacks = n.repeated(layers, contents)
	}
	if len(stacks) < n.Min {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: fmt.Sprintf("Missing %s block", n.Name),
			Detail:  fmt.Sprintf("At least %d %q block(s) are required here; there are %d.", n.Min, n.Name, len(stacks)),
			Subject: &header,
		})
	}
	if n.Max > 0 && len(stacks) > n.Max {
		blocks := "blocks are"
		if n.Max == 1 {
			blocks = "block is"
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: fmt.Sprintf("Too many %s blocks", n.Name),
			Detail:  fmt.Sprintf("At most %d %q %s allowed here; there are %d.", n.Max, n.Name, blocks, len(stacks)),
			Subject: stacks[n.Max].layers[0].Range.Ptr(),
		})
	}
	var values []cty.Value
	var sources []*source
	for _, s := range stacks {
		v, src, more := n.Block.decode(s.layers, header, files)
		src.label = s.label
		values, sources, diags = append(values, v), append(sources, src), append(diags, more...)
	}
	return n.value(stacks, values), sources, diags
}

func (n *Nested) value(stacks []stack, values []cty.Value) cty.Value {
	switch {
	case n.Label != "":
		object := make(map[string]cty.Value, len(values))
		for i, s := range stacks {
			object[s.label] = values[i]
		}
		return cty.ObjectVal(object)
	case !n.single():
		return cty.TupleVal(values)
	case len(values) == 0:
		return cty.NullVal(cty.EmptyObject)
	default:
		return values[0]
	}
}

// repeated gives a stack to each block. A later layer's blocks replace those of
// the layers before it.
func (n *Nested) repeated(layers []Layer, contents []*hcl.BodyContent) []stack {
	var out []stack
	for i, content := range contents {
		blocks := content.Blocks.OfType(n.Name)
		if len(blocks) > 0 || layers[i].generates[n.Name] {
			out = nil
		}
		for _, block := range blocks {
			out = append(out, stack{layers: []Layer{{Body: block.Body, Scope: layers[i].Scope, Range: block.DefRange}}})
		}
	}
	return out
}

// merged gives a stack to each label, in the order in which they first appear;
// single blocks are all of one label. A layer may have a label once.
func (n *Nested) merged(layers []Layer, contents []*hcl.BodyContent) ([]stack, hcl.Diagnostics) {
	var out []stack
	var diags hcl.Diagnostics
	for i, content := range contents {
		first := map[string]hcl.Range{}
		for _, block := range content.Blocks.OfType(n.Name) {
			label := ""
			if len(block.Labels) > 0 {
				label = cty.NormalizeString(block.Labels[0]) // as cty does with the keys of objects
			}
			if n.Label != "" && label == "" {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: fmt.Sprintf("Empty %s", n.Label),
					Detail:  fmt.Sprintf("Every %s block has a %s. Write %s %q { … }.", n.Name, n.Label, n.Name, n.Label),
					Subject: block.DefRange.Ptr(),
				})
				continue
			}
			if earlier, ok := first[label]; ok {
				diags = append(diags, n.duplicate(label, earlier, block.DefRange))
				continue
			}
			first[label] = block.DefRange
			at := slices.IndexFunc(out, func(s stack) bool { return s.label == label })
			if at < 0 {
				at, out = len(out), append(out, stack{label: label})
			}
			out[at].layers = append(out[at].layers, Layer{Body: block.Body, Scope: layers[i].Scope, Range: block.DefRange})
		}
	}
	return out, diags
}

func (n *Nested) duplicate(label string, first, second hcl.Range) *hcl.Diagnostic {
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: fmt.Sprintf("Duplicate %s block", n.Name), Subject: &second,
		Detail: fmt.Sprintf("There may be one %q block here; the first is at %s. Delete one of them.", n.Name, place(first)),
	}
	if n.Label != "" {
		d.Detail = fmt.Sprintf("There is a %s %q at %s already. Give one of the two another %s.", n.Name, label, place(first), n.Label)
	}
	return d
}
