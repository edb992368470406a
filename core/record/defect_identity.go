package record

import (
	"fmt"
	"slices"
	"strings"
)

// checkDefects holds a variant's checks against their own limits, and those of
// each preparation against the first one's.
func checkDefects(_ *Result, c *Case, v *Variant) (out []Defect) {
	contradicts, change := Defect{Name: CheckContradicts}, Defect{Name: ChecksChange}
	var before, after []string // names of the first round's checks
	rounds := c.everyRound()
	for i := range rounds {
		for k := range rounds[i].Prepared {
			if p := &rounds[i].Prepared[k]; p.Variant == v.Name {
				contradicts.contradicted(p.Checks, i+1)
				change.changed(&before, p.Checks, "before", i+1)
			}
		}
		for k := range rounds[i].Visits {
			if x := &rounds[i].Visits[k]; x.Variant == v.Name {
				contradicts.contradicted(x.Checks, i+1)
			}
		}
		for k := range rounds[i].Released {
			if p := &rounds[i].Released[k]; p.Variant == v.Name {
				contradicts.contradicted(p.Checks, i+1)
				change.changed(&after, p.Checks, "after", i+1)
			}
		}
	}
	for _, d := range []Defect{contradicts, change} {
		if d.Round > 0 {
			out = append(out, d)
		}
	}
	return out
}

// contradicted notes the first check that is said to have passed although its
// value is above its limit.
func (d *Defect) contradicted(checks []Check, round int) {
	for _, k := range checks {
		if d.Round == 0 && k.Passed && k.Value > k.Limit {
			d.Round = round
			d.Detail = fmt.Sprintf("check %s %s timing is said to have passed with a value of %.3g, above its limit of %.3g", k.Name, k.When, k.Value, k.Limit)
		}
	}
}

// changed notes the first checks whose names are not those of the first time.
func (d *Defect) changed(first *[]string, checks []Check, when string, round int) {
	names := []string{}
	for _, k := range checks {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	if *first == nil {
		*first = names
		return
	}
	if d.Round == 0 && !slices.Equal(*first, names) {
		d.Round = round
		d.Detail = fmt.Sprintf("the checks %s timing are %s, and were %s", when, listed(names), listed(*first))
	}
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// identityDefects holds what the processes of a variant's program say of their
// device and of themselves against what the first one said.
func identityDefects(_ *Result, c *Case, v *Variant) (out []Defect) {
	device, plugin := Defect{Name: DeviceChanges}, Defect{Name: DescriptionChanges}
	var first *Device
	rounds := c.everyRound()
	for i := range rounds {
		for k := range rounds[i].Processes {
			p := &rounds[i].Processes[k]
			if !slices.Contains(p.Arms, v.Name) {
				continue
			}
			if p.Differs != "" && plugin.Round == 0 {
				plugin.Round, plugin.Detail = i+1, p.Differs
			}
			if first == nil {
				first = &p.Device
			}
			if what := first.differs(&p.Device); what != "" && device.Round == 0 {
				device.Round, device.Detail = i+1, what
			}
		}
	}
	for _, d := range []Defect{device, plugin} {
		if d.Round > 0 {
			out = append(out, d)
		}
	}
	return out
}

// differs says what of a device that stays the same does not.
func (d *Device) differs(now *Device) string {
	for _, f := range []struct {
		what     string
		was, now any
	}{
		{"kind", d.Kind, now.Kind},
		{"index", d.Index, now.Index},
		{"name", d.Name, now.Name},
		{"family", d.Family, now.Family},
		{"cores", d.Cores, now.Cores},
		{"memory", d.Memory, now.Memory},
		{"driver", d.Driver, now.Driver},
		{"system", d.OSBuild, now.OSBuild},
		{"simulated", d.Simulated, now.Simulated},
	} {
		if f.was != f.now {
			return fmt.Sprintf("its device's %s is %v, and was %v", f.what, f.now, f.was)
		}
	}
	return ""
}
