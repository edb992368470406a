package record

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Column is a named value of a row: text, a number, a bool, or nil for what is not
// known.
type Column struct {
	Name  string
	Value any
}

// Row is one variant of one case in one phase, flat: what `output.append` collects
// and `assay export` writes. Values of the matrix are matrix.KEY, and metrics, which
// are of no phase and the same in each, metric.NAME.
type Row []Column

// MarshalJSON writes an object, in the order of the columns.
func (r Row) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, c := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(c.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(c.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Rows of a result: of each case one for every variant, the control included, and
// phase. A variant without times has one, whose phase is empty.
func (r *Result) Rows() (out []Row) {
	for i := range r.Cases {
		c := &r.Cases[i]
		for k := range c.Variants {
			v := &c.Variants[k]
			timed := false
			for _, phase := range r.Experiment.Measure.Phases {
				if p, ok := v.Phases[phase]; ok {
					out, timed = append(out, r.row(c, v, phase, &p)), true
				}
			}
			if !timed {
				out = append(out, r.row(c, v, "", nil))
			}
		}
	}
	return out
}

func (r *Result) row(c *Case, v *Variant, phase string, p *PhaseSummary) Row {
	m := &r.Metadata
	row := Row{
		{"session", r.Session.ID}, {"time", r.Session.Ended.Format(time.RFC3339)}, {"experiment", r.Experiment.Name}, {"case", c.ID},
		{"variant", v.Name}, {"role", v.Role}, {"phase", phase}, {"status", string(c.Status)},
		{"verdict", c.verdictOf(v.Name, "")}, {"verdict_in_phase", c.verdictOf(v.Name, phase)},
	}
	row = append(row, timesOf(p, r.Experiment.Units[phase])...)
	row = append(row, Row{
		{"model", unlessNil(m.Model)}, {"epsilon", v.fact("epsilon")}, {"threadgroup", v.fact("threadgroup")}, {"bits", v.fact("bits")}, {"group_size", v.fact("group_size")},
		{"mlx_version", unlessNil(m.MLXVersion)}, {"git_sha", unlessNil(m.GitSHA)}, {"git_dirty", unlessNil(m.GitDirty)},
		{"device", m.Device.Name}, {"device_kind", m.Device.Kind}, {"plugin", m.Plugin.Name}, {"plugin_version", m.Plugin.Version},
	}...)
	for _, key := range slices.Sorted(maps.Keys(c.Matrix)) {
		var value any
		if json.Unmarshal(c.Matrix[key], &value) == nil {
			row = append(row, Column{"matrix." + key, value})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.Metrics)) {
		row = append(row, Column{"metric." + name, v.Metrics[name]})
	}
	return row
}

// timesOf are the columns of a phase; each is nil without one.
func timesOf(p *PhaseSummary, unit string) Row {
	row := Row{{"rounds", 0}, {"unit", nil}}
	for _, name := range []string{"wall_ns", "wall_ns_lower", "wall_ns_upper", "device_ns", "encode_ns", "units_per_iteration", "units_per_second", "effective_gb_per_second", "ratio", "ratio_lower", "ratio_upper"} {
		row = append(row, Column{Name: name})
	}
	if p == nil {
		return row
	}
	values := []any{p.Rounds, unit, p.WallNs.Value, p.WallNs.Lower, p.WallNs.Upper, above0(p.DeviceNs), above0(p.EncodeNs), above0(p.Units), above0(p.UnitsPerSec), above0(p.GBps), nil, nil, nil}
	if p.Ratio != nil {
		values[10], values[11], values[12] = p.Ratio.Estimate, unlessNil(p.Ratio.Lower), unlessNil(p.Ratio.Upper)
	}
	for i, value := range values {
		row[i].Value = value
	}
	return row
}

// unlessNil is what p leads to; nil for none.
func unlessNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// above0 is a quantity of which 0 says that it is not known.
func above0(x float64) any {
	if x == 0 {
		return nil
	}
	return x
}
