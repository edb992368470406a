package session

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// plan is what a document does not say before it is measured.
type plan struct {
	cases  []record.CaseEvent // in order, as they will be opened
	search bool               // the plugin of the baseline can propose
	probes bool               // somebody can ask how the device is
}

// planOf lays out an experiment. programs and files are the document's, in which
// the variants' are found.
func planOf(e *config.Experiment, programs *programs, files *files) (plan, error) {
	var p plan
	for i := range e.Cases {
		c := &e.Cases[i]
		ev := record.CaseEvent{Case: c.ID, Matrix: map[string]json.RawMessage{}, Number: i + 1, Of: len(e.Cases)}
		for name, v := range c.Matrix {
			raw, err := ctyRaw(v)
			if err != nil {
				return p, fmt.Errorf("case %q: matrix %q: %w", c.ID, name, err)
			}
			ev.Matrix[name] = raw
		}
		base := c.Baseline()
		baseline, err := armOf(base, record.RoleBaseline, programs, files)
		if err != nil {
			return p, fmt.Errorf("case %q: %w", c.ID, err)
		}
		ev.Variants = append(ev.Variants, baseline)
		for j := range c.Variants {
			if v := &c.Variants[j]; !v.Baseline {
				arm, err := armOf(v, record.RoleVariant, programs, files)
				if err != nil {
					return p, fmt.Errorf("case %q: %w", c.ID, err)
				}
				ev.Variants = append(ev.Variants, arm)
			}
		}
		markAlike(ev.Variants, programs)
		control := baseline
		control.Name, control.Role = config.ControlName, record.RoleControl
		ev.Variants = append(ev.Variants, control)
		p.cases = append(p.cases, ev)
	}
	p.search = slices.Contains(programs.list[0].plugin.Describe.GetCapabilities(), pluginv1.Capability_CAPABILITY_PROPOSE)
	return p, nil
}

func armOf(v *config.Variant, role string, programs *programs, files *files) (record.Variant, error) {
	program, err := programs.find(v.Program)
	if err != nil {
		return record.Variant{}, fmt.Errorf("variant %q: %w", v.Name, err)
	}
	out := variantOf(v.Name, role, v.JSON, v.Digest, program)
	out.Equals, out.Files = v.Equals, files.of(v, programs.list[program].environ)
	return out, nil
}

func variantOf(name, role string, config []byte, digest string, program int) record.Variant {
	return record.Variant{
		Name: name, Role: role, Config: config, ConfigDigest: digest, Program: program,
		Facts: map[string]string{}, Metrics: map[string]float64{}, Phases: map[string]record.PhaseSummary{},
		SamplesSHA: map[string]string{},
	}
}
