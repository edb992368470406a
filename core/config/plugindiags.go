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

// Validate asks check about every configuration of the experiment, each
// distinct one once, and merges what it says: a fault that many cases share
// is reported once. check's error ends it: the plugin is broken.
func (e *Experiment) Validate(check func(c *Case, v *Variant) ([]*pluginv1.Diagnostic, error)) (hcl.Diagnostics, error) {
	faults := newCaseFaults(len(e.Cases))
	known := map[string][]*pluginv1.Diagnostic{}
	for i := range e.Cases {
		c := &e.Cases[i]
		for j := range c.Variants {
			v := &c.Variants[j]
			said, ok := known[v.Digest]
			if !ok {
				var err error
				if said, err = check(c, v); err != nil {
					return faults.result(), fmt.Errorf("experiment %s, case %s, variant %s: %w", e.Name, c.ID, v.Name, err)
				}
				known[v.Digest] = said
			}
			faults.add(c.ID, v.Diagnostics(e.Plugin, said))
		}
	}
	return faults.result(), nil
}
