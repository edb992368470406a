package main

import (
	"fmt"
	"strconv"

	"github.com/assay-bench/assay/core/sdk"
)

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (r *reader) phase(name string, p Phase, serve bool) source {
	at := fmt.Sprintf("phase[%q]", name)
	r.name(at, name)
	s := source{name: name, phase: true, wall: p.Wall, unit: unit{scale: 1, per: "run"}}
	if p.Unit != nil {
		var ok bool
		if s.unit, ok = readUnit(*p.Unit); !ok {
			detail := fmt.Sprintf("Got %q; a phase has %s. Anything else is a metric.", *p.Unit, unitsOfPhases)
			if meant := meantUnit(*p.Unit); meant != "" {
				detail = fmt.Sprintf("There is no %q. Did you mean %q?", *p.Unit, meant)
			}
			r.fault(at+".unit", "bad_unit", "not a unit of time or rate", detail)
		}
	}
	switch figures := p.Pattern != nil || p.JSON != nil; {
	case serve:
		if figures || p.Wall {
			r.fault(at, "two_sources", "a served program answers with its times", "Delete pattern, json and wall; they belong to run.")
		}
	case p.Wall && (figures || p.Unit != nil):
		r.fault(at, "two_sources", "wall is a time of its own", "Delete pattern, json and unit, or wall.")
	case p.Wall:
	default:
		r.source(&s, at, p.Pattern, p.JSON)
		if p.Unit == nil {
			r.fault(at, "no_unit", "the figure has no unit", "A phase has "+unitsOfPhases+`: unit = "tok/s".`)
		}
	}
	return s
}

func (r *reader) metric(name string, m Metric, serve bool) source {
	at := fmt.Sprintf("metric[%q]", name)
	r.name(at, name)
	s := source{name: name}
	if _, ok := readUnit(m.Unit); ok {
		r.fault(at+".unit", "bad_unit", "a time or a rate is a phase", fmt.Sprintf("Write phase %q { … }, so that it is measured as one.", name))
	}
	if !serve {
		r.source(&s, at, m.Pattern, m.JSON)
	} else if m.Pattern != nil || m.JSON != nil {
		r.fault(at, "two_sources", "a served program answers with its metrics", "Delete pattern and json; they belong to run.")
	}
	return s
}

// source reads where a figure comes from: a pattern or a path.
func (r *reader) source(s *source, at string, pattern, path *string) {
	switch {
	case (pattern == nil) == (path == nil):
		r.fault(at, "no_source", "not exactly one place to read the figure from", `Write pattern = "…", json = "…" or, in a phase, wall = true.`)
	case path != nil:
		var err error
		if s.path, err = readPath(*path); err != nil {
			r.fault(at+".json", "bad_path", "not a path", err.Error())
		}
	default:
		s.pattern = r.regexp(at+".pattern", *pattern)
		if s.pattern != nil && s.pattern.NumSubexp() != 1 {
			r.fault(at+".pattern", "bad_pattern", fmt.Sprintf("%d groups in the pattern", s.pattern.NumSubexp()),
				"One group is the figure: \"([0-9.]+) tok/s\". Write other parentheses as (?:…).")
		}
	}
}

// declare names what a configuration measures.
func declare(c Config) (phases []sdk.Phase, metrics []sdk.Metric) {
	p, _ := read(c)
	for _, s := range p.sources {
		if s.phase {
			// A served program times what it is asked for, one iteration as well.
			phases = append(phases, sdk.Phase{Name: s.name, Unit: s.unit.per, Single: p.serve})
			continue
		}
		m, better := c.Metric[s.name], sdk.Better(0)
		if m.Better != nil {
			better = map[string]sdk.Better{"lower": sdk.BetterLower, "higher": sdk.BetterHigher}[*m.Better]
		}
		metrics = append(metrics, sdk.Metric{Name: s.name, Unit: m.Unit, Better: better, Exact: m.Exact})
	}
	if p.peak {
		metrics = append(metrics, sdk.Metric{
			Name: peakMetric, Unit: "B", Better: sdk.BetterLower, Doc: "peak resident memory of the largest process of one start",
		})
	}
	return phases, metrics
}
