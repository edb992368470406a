package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/schema"
)

// unexpected is the name that a fault of a body's content is about, "" for
// another fault.
func unexpected(d *hcl.Diagnostic) string {
	switch d.Summary {
	case "Unsupported argument", "Unsupported block type", "Extraneous JSON object property":
		_, rest, _ := strings.Cut(d.Detail, `"`)
		name, _, _ := strings.Cut(rest, `"`)
		return name
	}
	return ""
}

// belongsInConfig says of names that the plugin's configuration has, and that
// are written beside it, where they belong.
func belongsInConfig(diags hcl.Diagnostics, plugin string, block *schema.Block) {
	for _, d := range diags {
		if name := unexpected(d); name != "" && block != nil && block.Has(name) {
			d.Detail = fmt.Sprintf("%q is not expected here. It belongs to the configuration of the plugin %s: write it in config { … }.", name, plugin)
		}
	}
}

// belongsOutside says of names that a configuration does not have, and that
// the blocks around it do, where they belong.
func belongsOutside(diags hcl.Diagnostics) {
	for _, d := range diags {
		name := unexpected(d)
		if name == "" || strings.Contains(d.Detail, "It belongs") {
			continue
		}
		var blocks []string
		for _, b := range []struct {
			name   string
			schema *hcl.BodySchema
		}{{"experiment", experimentSchema}, {"variant", variantSchema}, {"measure", measureSchema}} {
			if slices.ContainsFunc(b.schema.Attributes, func(a hcl.AttributeSchema) bool { return a.Name == name }) {
				blocks = append(blocks, b.name)
			}
		}
		if len(blocks) > 0 {
			d.Detail = fmt.Sprintf("%q is no argument of the plugin's configuration. It belongs in the block %s, outside config.", name, strings.Join(blocks, " or "))
		}
	}
}
