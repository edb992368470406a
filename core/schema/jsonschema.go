package schema

import (
	"encoding/json"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Node is one object of a JSON Schema, 2020-12.
type Node map[string]any

// JSONSchema describes the configuration as JSON: what the plugin receives,
// and what the config block of an .hcl.json file may hold when it is written
// without expressions.
func (b *Block) JSONSchema(title string) Node {
	n := b.node()
	n["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	n["title"] = title
	return n
}

func (b *Block) node() Node {
	properties := Node{}
	required := []string{}
	for i := range b.Attributes {
		a := &b.Attributes[i]
		properties[a.Name] = a.node()
		if a.Required {
			required = append(required, a.Name)
		}
	}
	for i := range b.Blocks {
		n := &b.Blocks[i]
		properties[n.Name] = n.node()
		if n.Min > 0 {
			required = append(required, n.Name)
		}
	}
	out := Node{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	if b.Description != "" {
		out["description"] = b.Description
	}
	return out
}

func (n *Nested) node() Node {
	inner := n.Block.node()
	if n.single() {
		if n.Min == 0 {
			inner["type"] = []string{"object", "null"}
		}
		return inner
	}
	out, least, most := Node{"type": "array", "items": inner}, "minItems", "maxItems"
	if n.Label != "" {
		least, most = "minProperties", "maxProperties"
		out = Node{"type": "object", "additionalProperties": inner, "propertyNames": Node{"minLength": 1}}
	}
	if n.Min > 0 {
		out[least] = n.Min
	}
	if n.Max > 0 {
		out[most] = n.Max
	}
	return out
}

func (a *Attribute) node() Node {
	scalar := Node{}
	if a.Integer {
		scalar["type"] = "integer"
	}
	if a.Min != nil {
		scalar["minimum"] = *a.Min
	}
	if a.Max != nil {
		scalar["maximum"] = *a.Max
	}
	if len(a.OneOf) > 0 {
		var allowed []json.RawMessage
		for _, v := range a.OneOf {
			allowed = append(allowed, valueJSON(v))
		}
		scalar["enum"] = allowed
	}
	out := typeNode(a.Type)
	inner := out
	switch {
	case a.Type.IsListType() || a.Type.IsSetType():
		inner = out["items"].(Node)
	case a.Type.IsMapType():
		inner = out["additionalProperties"].(Node)
	}
	for k, v := range scalar {
		inner[k] = v
	}
	// An optional attribute that is left out reaches the plugin as null.
	if !a.Required {
		if a.Default.IsNull() {
			if t, ok := out["type"].(string); ok {
				out["type"] = []string{t, "null"}
			}
			if e, ok := out["enum"].([]json.RawMessage); ok {
				out["enum"] = append(e, json.RawMessage("null"))
			}
		} else {
			out["default"] = valueJSON(a.Default)
		}
	}
	if a.Description != "" {
		out["description"] = a.Description
	}
	if a.Deprecated != "" {
		out["deprecated"] = true
		out["$comment"] = "deprecated: " + a.Deprecated
	}
	return out
}

func typeNode(ty cty.Type) Node {
	switch {
	case ty == cty.String:
		return Node{"type": "string"}
	case ty == cty.Number:
		return Node{"type": "number"}
	case ty == cty.Bool:
		return Node{"type": "boolean"}
	case ty.IsListType():
		return Node{"type": "array", "items": typeNode(ty.ElementType())}
	case ty.IsSetType():
		return Node{"type": "array", "items": typeNode(ty.ElementType()), "uniqueItems": true}
	case ty.IsMapType():
		return Node{"type": "object", "additionalProperties": typeNode(ty.ElementType())}
	case ty.IsTupleType():
		items := []Node{}
		for _, e := range ty.TupleElementTypes() {
			items = append(items, typeNode(e))
		}
		out := Node{"type": "array", "items": false, "minItems": len(items), "maxItems": len(items)}
		if len(items) > 0 {
			out["prefixItems"] = items
		}
		return out
	case ty.IsObjectType():
		properties, required := Node{}, []string{}
		for _, name := range sortedNames(ty.AttributeTypes()) {
			inner := typeNode(ty.AttributeType(name))
			if ty.AttributeOptional(name) {
				if t, ok := inner["type"].(string); ok {
					inner["type"] = []string{t, "null"}
				}
			} else {
				required = append(required, name)
			}
			properties[name] = inner
		}
		out := Node{"type": "object", "properties": properties, "additionalProperties": false}
		if len(required) > 0 {
			out["required"] = required
		}
		return out
	default: // any
		return Node{}
	}
}

// valueJSON is the canonical JSON of a value that has been checked.
func valueJSON(v cty.Value) json.RawMessage {
	raw, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}
