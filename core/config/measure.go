package config

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
)

var measureSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "rounds"}, {Name: "max_rounds"}, {Name: "visit"}, {Name: "samples"}, {Name: "cache"}, {Name: "budget"},
	{Name: "phases"}, {Name: "seed"}, {Name: "warmup_max"}, {Name: "start_timeout"}, {Name: "prepare_timeout"}, {Name: "heartbeat_timeout"}, {Name: "sample_timeout"},
	{Name: "search"}, {Name: "passes"}, {Name: "residency"}, {Name: "cooldown"}, {Name: "inputs"},
}, Blocks: []hcl.BlockHeaderSchema{{Type: "require"}}}

const maxRounds = 10_000

// measure reads the measure block, or gives the defaults when b is nil.
func (x *experiment) measure(b *hcl.Block) {
	r := &reader{scope: x.scope}
	var require *hcl.Block
	if b != nil {
		content, diags := contentOf(b.Body, measureSchema)
		r.attrs, r.diags = content.Attributes, diags
		require = x.single(content.Blocks, "require")
	}
	m := Measure{
		Rounds:           r.integer("rounds", 8, 1, maxRounds),
		Visit:            r.duration("visit", 50*time.Millisecond, time.Millisecond, 10*time.Minute),
		Samples:          r.integer("samples", 8, 1, 10_000),
		Passes:           r.integer("passes", 3, 1, 1_000),
		Cache:            r.oneOf("cache", "cold", "cold", "hot"),
		Budget:           r.duration("budget", 5*time.Minute, time.Second, 7*24*time.Hour),
		Phases:           r.strings("phases"),
		Seed:             r.seed("seed"),
		WarmupMax:        r.duration("warmup_max", time.Second, 0, time.Hour),
		StartTimeout:     r.duration("start_timeout", time.Minute, time.Second, time.Hour),
		PrepareTimeout:   r.duration("prepare_timeout", 2*time.Minute, time.Second, 24*time.Hour),
		HeartbeatTimeout: r.duration("heartbeat_timeout", 15*time.Second, 100*time.Millisecond, time.Hour),
		SampleTimeout:    r.duration("sample_timeout", 2*time.Minute, 100*time.Millisecond, 24*time.Hour),
		Search:           r.boolean("search", true),
		Residency:        r.oneOf("residency", Together, Together, Turns),
		Inputs:           r.oneOf("inputs", PerRound, PerRound, PerSample),
		Cooldown:         r.duration("cooldown", 0, 0, time.Hour),
		Require:          x.require(require),
	}
	m.MaxRounds = r.integer("max_rounds", max(24, m.Rounds), 1, maxRounds)
	if attr := r.attrs["max_rounds"]; attr != nil && m.MaxRounds < m.Rounds {
		r.invalid(attr, "%d is less than rounds, %d. Raise max_rounds or lower rounds.", m.MaxRounds, m.Rounds)
	}
	for _, p := range m.Phases {
		if !slices.Contains(phaseNames(x.Phases), p) {
			x.doubt(r, r.attrs["phases"], x.unknownPhase(p))
		}
	}
	x.Measure = m
	x.diags = append(x.diags, r.diags...)
}
