package config

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// bareReference is what looks like a reference inside a string and is text. A
// shell has $path.txt too, so only names that there are count.
var bareReference = regexp.MustCompile(`\$(var|local|matrix|each|device)\.([\pL_][\pL\pN_-]*)`)

// bareReferences warns of "$var.model" in the native syntax.
func (m *Module) bareReferences() hcl.Diagnostics {
	r := &reader{}
	for _, file := range m.files {
		body, ok := file.Body.(*hclsyntax.Body)
		if !ok {
			continue
		}
		_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
			text, ok := n.(*hclsyntax.LiteralValueExpr)
			if !ok || text.Val.IsNull() || text.Val.Type() != cty.String {
				return nil
			}
			for _, found := range bareReference.FindAllStringSubmatch(text.Val.AsString(), -1) {
				if m.isName(found[1], found[2]) {
					r.warn(text.SrcRange, "Not a reference", "%q is text here. %s inserts the value.", found[0], fmt.Sprintf("${%s.%s}", found[1], found[2]))
				}
			}
			return nil
		})
	}
	return r.diags
}

func (m *Module) isName(root, name string) bool {
	switch root {
	case "var":
		return m.Variables[name] != nil
	case "local":
		return m.locals[name] != nil
	case "each":
		return name == "key" || name == "value"
	case "device":
		return DeviceFacts{}.value().Type().HasAttribute(name)
	}
	return true
}
