package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Syntax says what keeps HCL source from being parsed, whatever is in it.
func Syntax(name string, src []byte) hcl.Diagnostics {
	if fault := guard(input{name, src}); fault != nil {
		return hcl.Diagnostics{fault}
	}
	_, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	return atMost(diags)
}

// Format lays out HCL source as `assay fmt` does. Source must stand [Syntax]:
// what is nested without end exhausts the stack.
func Format(src []byte) []byte { return hclwrite.Format(src) }
