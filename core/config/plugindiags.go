package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Diagnostics turns what the plugin said of this variant's configuration into
// diagnostics that point into the source.
func (v *Variant) Diagnostics(plugin string, said []*pluginv1.Diagnostic) hcl.Diagnostics {
	if v.decoded != nil {
		return v.decoded.Diagnostics(plugin, said)
	}
	// A configuration that nobody wrote, such as one a plugin proposed.
	var out hcl.Diagnostics
	for _, s := range said {
		d := &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: s.GetSummary(),
			Detail: fmt.Sprintf("%s (variant %q, proposed by the plugin %s)", s.GetDetail(), v.Name, plugin),
		}
		if s.GetSeverity() == pluginv1.Diagnostic_SEVERITY_WARNING {
			d.Severity = hcl.DiagWarning
		}
		out = append(out, d)
	}
	return out
}
