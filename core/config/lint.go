package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Lint warns of what is valid and most likely a mistake: names that nothing
// refers to, and names that differ in case only. It is about the files as they
// are written, whatever the values of variables are.
func (m *Module) Lint() hcl.Diagnostics {
	if m.broken || m.faulty {
		return nil
	}
	r := &reader{}
	if m.unread == 0 { // else another file may refer to them
		m.unusedVariables(r)
		m.unusedLocals(r)
	}
	for _, e := range m.experiments {
		unusedMatrixKeys(r, e)
	}
	m.similarNames(r)
	return r.diags
}

func (m *Module) unusedVariables(r *reader) {
	used := uses{}
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		file := m.files[name]
		body, native := file.Body.(*hclsyntax.Body)
		if !native {
			used.add(file.Body)
			continue
		}
		for _, b := range body.Blocks {
			own := ""
			if b.Type == "variable" && len(b.Labels) == 1 {
				own = b.Labels[0] // its own validations do not use it
			}
			used.addBut(b.Body, "var", own)
		}
	}
	for _, v := range slices.SortedFunc(maps.Values(m.Variables), func(a, b *Variable) int { return strings.Compare(a.Name, b.Name) }) {
		if !used.has("var", v.Name) {
			r.warn(v.Range, "Unused variable", "Nothing refers to var.%s, so that its value has no effect. Use it, or delete it.", v.Name)
		}
	}
}

func (m *Module) unusedLocals(r *reader) {
	used := uses{}
	for _, file := range m.files {
		used.add(file.Body)
	}
	for _, attr := range sorted(m.locals) {
		if !used.has("local", attr.Name) {
			r.warn(attr.NameRange, "Unused local", "Nothing refers to local.%s. Use it, or delete it.", attr.Name)
		}
	}
}

// unusedMatrixKeys warns of keys whose values make cases that are all alike.
func unusedMatrixKeys(r *reader, e *block) {
	content, _, _ := e.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "matrix"}}})
	attr := content.Attributes["matrix"]
	if attr == nil {
		return
	}
	pairs, diags := hcl.ExprMap(attr.Expr)
	if diags.HasErrors() {
		return
	}
	used := uses{}
	used.add(e.Body)
	for _, p := range pairs {
		if key, ok := constantString(p.Key); ok && !used.has("matrix", key) {
			r.warn(p.Key.Range(), "Unused matrix key", "Nothing in the experiment %q refers to matrix.%s, so that its values make cases that are all alike. Use it, or delete it.", e.name, key)
		}
	}
}

// similarNames warns of names that are easily taken for each other.
func (m *Module) similarNames(r *reader) {
	var plugins []namedAt
	for _, name := range slices.Sorted(maps.Keys(m.RequiredPlugins)) {
		plugins = append(plugins, namedAt{name, m.RequiredPlugins[name].Range})
	}
	similar(r, "plugin", plugins)
	for _, e := range m.experiments {
		content, _, _ := e.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
			{Type: "variant", LabelNames: []string{"name"}}, {Type: "guardrail", LabelNames: []string{"name"}},
		}})
		for _, kind := range []string{"variant", "guardrail"} {
			var names []namedAt
			for _, b := range content.Blocks.OfType(kind) {
				names = append(names, namedAt{b.Labels[0], b.LabelRanges[0]})
			}
			similar(r, kind, names)
		}
	}
}

type namedAt struct {
	name string
	at   hcl.Range
}

func similar(r *reader, kind string, names []namedAt) {
	first := map[string]namedAt{}
	for _, n := range names {
		key := strings.ToLower(n.name)
		if other, ok := first[key]; ok && other.name != n.name {
			r.warn(n.at, "Names that differ in case only", "%q and the %s %q at %s are easily taken for each other. Give one of the two another name.", n.name, kind, other.name, place(other.at))
			continue
		}
		first[key] = n
	}
}
