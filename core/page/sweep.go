package page

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// curve is one line of a sweep.
type curve struct {
	name   string
	points []point
}

// point is a speed at one value of what is swept.
type point struct {
	x      float64
	id     string
	name   string
	ratio  record.Ratio
	rounds int
	chosen bool // by a select block
}

// overMatrix shows speeds over the numbers of each key of the matrix, the other
// keys held.
func overMatrix(r *record.Result, phase string) (out []*figure) {
	for _, k := range matrixKeys(r) {
		held := map[string]map[string]*curve{} // by the other keys, then by variant
		var groups []string
		for i := range r.Cases {
			c := &r.Cases[i]
			x, ok := number(c.Matrix[k])
			if !ok {
				continue
			}
			group := without(c.Matrix, k)
			if held[group] == nil {
				held[group], groups = map[string]*curve{}, append(groups, group)
			}
			for _, v := range c.Variants {
				if s := v.Phases[phase]; s.Ratio != nil && v.Role != record.RoleBaseline && v.Role != record.RoleControl {
					add(held[group], v.Name, point{x, c.ID, v.Name, *s.Ratio, s.Rounds, chosen(r, c, v.Name)})
				}
			}
		}
		for _, g := range groups {
			title := fmt.Sprintf("Speed in %s over %s", phase, k)
			if g != "" {
				title += ", " + g
			}
			out = append(out, sweeps(title, k, values(held[g]), knees(r, ""))...)
		}
	}
	return out
}

// overConfig shows speeds over a number of the configuration in which variants of a
// case differ, and in nothing else.
func overConfig(r *record.Result, c *record.Case, phase string) (out []*figure) {
	keys := map[string]map[string]*curve{} // by key, then by the rest of the configuration
	for _, v := range c.Variants {
		s := v.Phases[phase]
		if s.Ratio == nil || v.Role == record.RoleControl {
			continue
		}
		var config map[string]json.RawMessage
		if json.Unmarshal(v.Config, &config) != nil {
			continue
		}
		for k, raw := range config {
			if x, ok := number(raw); ok {
				if keys[k] == nil {
					keys[k] = map[string]*curve{}
				}
				add(keys[k], fmt.Sprint(v.Program)+without(config, k), point{x, c.ID, v.Name, *s.Ratio, s.Rounds, chosen(r, c, v.Name)})
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		var found []*curve
		for _, one := range values(keys[k]) {
			if one.points = distinct(one.points); len(one.points) > 2 {
				one.name = ""
				found = append(found, one)
			}
		}
		for i, one := range found {
			if len(found) > 1 {
				one.name = fmt.Sprintf("sweep %d", i+1)
			}
		}
		out = append(out, sweeps(fmt.Sprintf("Speed in %s over %s", phase, k), k, found, knees(r, c.ID))...)
	}
	return out
}

// sweeps draws curves with two points or more, a few in a figure.
func sweeps(title, key string, curves []*curve, notes []string) (out []*figure) {
	var drawn []*curve
	for _, one := range curves {
		if one.points = distinct(one.points); len(one.points) > 1 {
			drawn = append(drawn, one)
		}
	}
	const most = int(colours - series1)
	for some := range slices.Chunk(drawn, most) {
		out = append(out, sweep(title, key, some, notes))
	}
	return out
}

// distinct sorts points by what is swept, and keeps the first of those at one place.
func distinct(points []point) []point {
	slices.SortStableFunc(points, func(a, b point) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(points, func(a, b point) bool { return a.x == b.x })
}

func add(to map[string]*curve, name string, p point) {
	if !(p.ratio.Estimate > 0) {
		return
	}
	if to[name] == nil {
		to[name] = &curve{name: name}
	}
	to[name].points = append(to[name].points, p)
}

func values(of map[string]*curve) (out []*curve) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, of[name])
	}
	return out
}

func matrixKeys(r *record.Result) []string {
	seen := map[string]bool{}
	for i := range r.Cases {
		for k := range r.Cases[i].Matrix {
			seen[k] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func number(raw json.RawMessage) (x float64, ok bool) {
	return x, len(raw) > 0 && raw[0] != 'n' && json.Unmarshal(raw, &x) == nil
}

// without writes a map but for one key.
func without(of map[string]json.RawMessage, key string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(of)) {
		if k != key {
			parts = append(parts, k+"="+strings.Trim(string(of[k]), `"`))
		}
	}
	return strings.Join(parts, ",")
}

// chosen says that a select block answered with the variant.
func chosen(r *record.Result, c *record.Case, name string) bool {
	return slices.ContainsFunc(r.Selections, func(s record.Selection) bool { return s.Case == c.ID && s.Variant == name })
}

// knees are the plugins' own conclusions about sweeps.
func knees(r *record.Result, id string) (out []string) {
	for _, f := range r.Findings {
		if f.Kind == "knee" && (id == "" || f.Case == id) {
			out = append(out, "knee: "+f.Summary)
		}
	}
	return out
}
