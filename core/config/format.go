package config

import (
	"bytes"
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Syntax says what keeps a file from being parsed, whatever is in it.
func Syntax(name string, src []byte) hcl.Diagnostics {
	_, diags := parse(input{name, src})
	return diags
}

// Format lays out a file as `assay fmt` does. It must stand [Syntax]: what is
// nested without end exhausts the stack.
func Format(name string, src []byte) []byte {
	if !(input{name: name}).json() {
		return hclwrite.Format(src)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(src), "", "  "); err != nil {
		return src
	}
	out.WriteByte('\n')
	return out.Bytes()
}
