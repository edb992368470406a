package zmlx

import (
	"encoding/json"
	"math"
	"slices"
	"sort"
	"time"
)

// fields reads typed values out of one object and remembers which it read.
type fields struct {
	f      *file
	source string
	prefix string // of names in warnings, such as "baseline."
	m      map[string]json.RawMessage
	seen   map[string]bool
}

func (f *file) fields(source, prefix string, m map[string]json.RawMessage) *fields {
	return &fields{f: f, source: source, prefix: prefix, m: m, seen: map[string]bool{}}
}

// get decodes a field into to. It is false, and a warning unless the field is
// optional, when it is missing, null or of another type.
func (x *fields) get(name string, to any, what string, optional bool) bool {
	x.seen[name] = true
	raw, ok := x.m[name]
	if !ok || string(raw) == "null" {
		if !optional {
			x.f.note(x.source, "field %q is missing", x.prefix+name)
		}
		return false
	}
	if json.Unmarshal(raw, to) != nil {
		x.f.note(x.source, "field %q is not %s", x.prefix+name, what)
		return false
	}
	return true
}

func (x *fields) text(name string) string {
	var s string
	x.get(name, &s, "a string", false)
	return s
}

func (x *fields) optionalText(name string) string {
	var s string
	x.get(name, &s, "a string", true)
	return s
}

func (x *fields) number(name string) float64 {
	var v float64
	x.get(name, &v, "a number", false)
	return v
}

// rate is a number that cannot be below 0.
func (x *fields) rate(name string) float64 {
	v := x.number(name)
	if v < 0 {
		x.f.note(x.source, "field %q is below 0", x.prefix+name)
		return 0
	}
	return v
}

func (x *fields) count(name string) int {
	v := x.number(name)
	if v != math.Trunc(v) || v < 0 || v > math.MaxInt32 {
		x.f.note(x.source, "field %q is not a count", x.prefix+name)
		return 0
	}
	return int(v)
}

func (x *fields) rates(name string) []float64 {
	out := []float64{}
	var got []float64
	if x.get(name, &got, "a list of numbers", false) {
		for _, v := range got {
			if v < 0 {
				x.f.note(x.source, "field %q holds a number below 0", x.prefix+name)
				return []float64{}
			}
		}
		out = append(out, got...)
	}
	return out
}

func (x *fields) texts(name string) []string {
	out := []string{}
	var got []string
	if x.get(name, &got, "a list of strings", false) {
		out = append(out, got...)
	}
	slices.Sort(out)
	return out
}

// moment reads an RFC 3339 time or a date.
func (x *fields) moment(name string) (t time.Time, dateOnly bool) {
	s := x.text(name)
	if s == "" {
		return t, true
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC(), false
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		x.f.note(x.source, "field %q is neither a time nor a date", x.prefix+name)
	}
	return t, true
}

func (x *fields) object(name string) *fields {
	var m map[string]json.RawMessage
	x.get(name, &m, "an object", false)
	return x.f.fields(x.source, x.prefix+name+".", m)
}

// known marks fields that the raw row keeps and nothing else needs.
func (x *fields) known(names ...string) {
	for _, n := range names {
		x.seen[n] = true
	}
}

// finish warns of what nobody asked for.
func (x *fields) finish() {
	var unknown []string
	for n := range x.m {
		if !x.seen[n] {
			unknown = append(unknown, n)
		}
	}
	sort.Strings(unknown)
	for _, n := range unknown {
		x.f.note(x.source, "field %q is not known; the raw row keeps it", x.prefix+n)
	}
}
