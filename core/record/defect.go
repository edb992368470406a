package record

import (
	"fmt"
	"slices"
	"strings"
)

// Defect is something that a plugin said of a variant and that cannot be true. No
// verdict rests on a variant with one, or on a comparison with one.
type Defect struct {
	Name   string `json:"name"`            // one of Defects
	Phase  string `json:"phase,omitempty"` // empty: it concerns all of them
	Round  int    `json:"round,omitempty"` // the first that shows it, in order of starting
	Detail string `json:"detail"`          // the numbers
}

// Names of defects.
const (
	ImpossibleNumbers  = "impossible_numbers"
	MoreThanClock      = "more_than_clock"
	LessThanClock      = "less_than_clock"
	DoesNotScale       = "does_not_scale"
	WorksOn            = "works_on"
	DeviceBeyondWall   = "device_beyond_wall"
	EncodeBeyondWall   = "encode_beyond_wall"
	BeyondMemory       = "beyond_memory"
	CheckContradicts   = "check_contradicts"
	ChecksChange       = "checks_change"
	DeviceChanges      = "device_changes"
	DescriptionChanges = "description_changes"
)

// Defects are all that there are. docs/method.md explains each under its name.
var Defects = []struct {
	Name string
	Next string // what its author can do
}{
	{ImpossibleNumbers, "send numbers that are finite and within the protocol's ranges"},
	{MoreThanClock, "time with a steady clock, in nanoseconds, and only between an ack and the sample that follows it"},
	{LessThanClock, "wait for the work before the time is taken, and do what is not timed while preparing"},
	{DoesNotScale, "run every iteration that is asked for: nothing may be remembered from one to the next"},
	{WorksOn, "wait for the work before the sample is sent"},
	{DeviceBeyondWall, "give both times of one sample for the same iterations, in nanoseconds"},
	{EncodeBeyondWall, "give both times of one sample for the same iterations, in nanoseconds"},
	{BeyondMemory, "count the bytes that must move, and rotate over inputs that no cache holds"},
	{CheckContradicts, "a check that passed has a value of at most its limit"},
	{ChecksChange, "make the same checks each time that the configuration is prepared"},
	{DeviceChanges, "open the same device, and describe it in the same words, in every process"},
	{DescriptionChanges, "describe the same plugin in every process"},
}

// rules find the defects of a variant.
var rules = []func(*Result, *Case, *Variant) []Defect{
	failedNumbers, clockDefects, scalingDefects, partDefects, memoryDefects, checkDefects, identityDefects,
}

// findDefects looks for defects in everything known of the variant.
func (r *Result) findDefects(c *Case, v *Variant) {
	v.Defects = nil
	for _, rule := range rules {
		v.Defects = append(v.Defects, rule(r, c, v)...)
	}
}

// failedNumbers are the defects for which the session ended the plugin's process.
func failedNumbers(r *Result, c *Case, v *Variant) (out []Defect) {
	for i := range r.Failures {
		f := &r.Failures[i]
		blamed := f.Variant == v.Name || f.Variant == "" && v.Role == RoleBaseline
		known := slices.ContainsFunc(Defects, func(d struct{ Name, Next string }) bool { return d.Name == f.Kind })
		if f.Case == c.ID && blamed && known && !slices.ContainsFunc(out, func(d Defect) bool { return d.Name == f.Kind && d.Phase == f.Phase }) {
			out = append(out, Defect{Name: f.Kind, Phase: f.Phase, Round: f.Round, Detail: f.Message})
		}
	}
	return out
}

// distrust says which defects forbid a statement about a variant, of its own or
// of what it is compared with, and what to do about them.
func (c *Case) distrust(v *Variant) (reason, next string) {
	for i := range c.Variants {
		w := &c.Variants[i]
		if w.Name != v.Name && w.Role != RoleBaseline && w.Role != RoleControl || len(w.Defects) == 0 {
			continue
		}
		d := w.Defects[0]
		for _, k := range Defects {
			if k.Name == d.Name {
				next = "mend the plugin: " + k.Next
			}
		}
		return w.defective(), next
	}
	return "", ""
}

// defective names the variant's defects in a sentence; empty: it has none.
func (v *Variant) defective() string {
	if len(v.Defects) == 0 {
		return ""
	}
	var names []string
	for _, d := range v.Defects {
		if !slices.Contains(names, d.Name) {
			names = append(names, d.Name)
		}
	}
	return fmt.Sprintf("what the plugin says of %q cannot be true (%s)", v.Name, strings.Join(names, ", "))
}
