package config

import "github.com/hashicorp/hcl/v2/hclwrite"

// Format lays out HCL source as `assay fmt` does. Source with syntax errors
// is laid out as far as it can be; check it with [Load] first.
func Format(src []byte) []byte { return hclwrite.Format(src) }
