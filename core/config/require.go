package config

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// Require is what the machine must be like while an experiment measures.
type Require struct {
	Power          string        // ac; empty: any
	Thermal        string        // nominal; empty: any
	MinClock       float64       // share of the highest clock seen; 0: any
	MaxForeignLoad *float64      // cores busy with other programs; nil: any
	Wait           time.Duration // 5m: longest wait before a round
}

// Arguments of a require block whose quantity some machines cannot read.
const (
	RequirePower       = "power"
	RequireThermal     = "thermal"
	RequireClock       = "min_clock"
	RequireForeignLoad = "max_foreign_load"
)

var requireSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: RequirePower}, {Name: RequireThermal}, {Name: RequireClock}, {Name: RequireForeignLoad}, {Name: "wait"},
}}

// mostCores bounds max_foreign_load.
const mostCores = 10_000

func (x *experiment) require(b *hcl.Block) *Require {
	if b == nil {
		return nil
	}
	content, diags := contentOf(b.Body, requireSchema)
	r := &reader{scope: x.scope, attrs: content.Attributes, diags: diags}
	out := &Require{
		Power:    r.oneOf(RequirePower, "", "ac"),
		Thermal:  r.oneOf(RequireThermal, "", "nominal"),
		MinClock: r.share(RequireClock),
		Wait:     r.duration("wait", 5*time.Minute, 0, 24*time.Hour),
	}
	const none = -1
	if load := r.number(RequireForeignLoad, none, 0, mostCores); load != none {
		out.MaxForeignLoad = &load
	}
	if out.none() && !r.diags.HasErrors() {
		r.warn(b.DefRange, "Nothing is required", "The require block has no condition. Write one of power, thermal, min_clock and max_foreign_load, or delete the block.")
	}
	for _, attr := range sorted(content.Attributes) {
		if slices.Contains(x.resolver.opts.Unreadable, attr.Name) && out.asks(attr.Name) {
			r.warn(attr.Range, "Cannot be read here", "This machine does not tell what %s asks about, and what cannot be read is not met: every visit would count as contaminated. Delete the line, or measure on a machine that tells.", attr.Name)
		}
	}
	x.diags = append(x.diags, r.diags...)
	return out
}

func (q *Require) none() bool {
	return q.Power == "" && q.Thermal == "" && q.MinClock == 0 && q.MaxForeignLoad == nil
}

// asks says that an argument has a value, which null is not.
func (q *Require) asks(argument string) bool {
	switch argument {
	case RequirePower:
		return q.Power != ""
	case RequireThermal:
		return q.Thermal != ""
	case RequireClock:
		return q.MinClock > 0
	case RequireForeignLoad:
		return q.MaxForeignLoad != nil
	}
	return false
}
