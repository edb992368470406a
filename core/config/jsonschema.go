package config

import "github.com/hashicorp/hcl/v2"

// JSONSchema is that of the language's JSON syntax (*.hcl.json): which blocks stand
// where and which arguments they have, made of the schemas that files are read by. The
// values of arguments are open, since any may be an expression in a string; so is what
// a plugin or the author names.
func JSONSchema() map[string]any {
	s := &schemas{defs: map[string]any{}}
	out := s.body(moduleSchema)
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	out["title"] = "Assay experiments in HCL's JSON syntax"
	out["$defs"] = s.defs
	return out
}

// outerSchemas are those of blocks at the top of a file.
var outerSchemas = map[string]*hcl.BodySchema{"assay": assaySchema, "variable": variableSchema, "experiment": experimentSchema}

type schemas struct{ defs map[string]any }

// body is an object with the arguments and blocks of s, and the comments that HCL's
// JSON syntax has.
func (x *schemas) body(s *hcl.BodySchema) map[string]any {
	properties, required := map[string]any{"//": true}, []string{}
	for _, a := range s.Attributes {
		properties[a.Name] = true
		if a.Required {
			required = append(required, a.Name)
		}
	}
	for _, b := range s.Blocks {
		properties[b.Type] = x.block(b)
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// block is what stands under a block's name: for each label an object by its values,
// then the body.
func (x *schemas) block(b hcl.BlockHeaderSchema) any {
	inner := outerSchemas[b.Type]
	if inner == nil {
		inner = innerSchemas[b.Type]
	}
	var out any = map[string]any{"type": "object"}
	if inner != nil {
		if x.defs[b.Type] == nil {
			x.defs[b.Type] = true // blocks may stand in their own
			x.defs[b.Type] = x.body(inner)
		}
		out = map[string]any{"$ref": "#/$defs/" + b.Type}
	}
	out = oneOrMore(out)
	for range b.LabelNames {
		out = oneOrMore(map[string]any{"type": "object", "additionalProperties": out})
	}
	return out
}

// oneOrMore is a block, or a list of blocks.
func oneOrMore(s any) any {
	return map[string]any{"anyOf": []any{s, map[string]any{"type": "array", "items": s}}}
}
