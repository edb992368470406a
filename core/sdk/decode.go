package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

type steps = []*pluginv1.PathStep

// join copies, so that siblings never share a backing array.
func join(at steps, s *pluginv1.PathStep) steps { return append(slices.Clip(at), s) }

func fault(at steps, code, summary, detail string) []Diagnostic {
	return []Diagnostic{{Path: pathText(at), Summary: summary, Detail: detail, Code: code}}
}

// parseJSON reads one JSON value, numbers kept as text.
func parseJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

// decode fills into, a pointer to the struct, from JSON. Absent and null
// attributes get their defaults.
func (o *object) decode(data []byte, into reflect.Value) []Diagnostic {
	v, err := parseJSON(data)
	if err != nil {
		return fault(nil, "config_json", "configuration is not JSON", err.Error())
	}
	return o.fill(v, into.Elem(), nil)
}

func (o *object) fill(v any, into reflect.Value, at steps) []Diagnostic {
	m, ok := v.(map[string]any)
	if !ok {
		return fault(at, "config_type", "an object is needed", "Got "+jsonKind(v)+".")
	}
	var out []Diagnostic
	known := map[string]bool{}
	for i := range o.fields {
		f := &o.fields[i]
		known[f.name] = true
		here := join(at, nameStep(f.name))
		target := into.FieldByIndex(f.index)
		if f.block != nil {
			out = append(out, f.fillBlock(m[f.name], target, here)...)
			continue
		}
		x := m[f.name]
		if x == nil {
			x = f.fallback
		}
		if x == nil {
			if f.required {
				out = append(out, fault(here, "config_required", f.name+" is required", f.help)...)
			}
			continue
		}
		if d := f.check(x, here); len(d) > 0 {
			out = append(out, d...)
			continue
		}
		out = append(out, f.value.set(x, target, here)...)
	}
	for _, name := range sortedKeys(m) {
		if known[name] {
			continue
		}
		here := at
		if nameRE.MatchString(name) {
			here = join(at, nameStep(name))
		}
		out = append(out, fault(here, "config_unknown",
			fmt.Sprintf("unsupported argument %q", name), "Known here: "+strings.Join(o.names(), ", ")+".")...)
	}
	return out
}

// check tests an attribute against min, max and oneof.
func (f *field) check(v any, at steps) []Diagnostic {
	if n, ok := v.(json.Number); ok && f.value.kind == "number" {
		x, err := n.Float64()
		if err == nil && (f.min != nil && x < *f.min || f.max != nil && x > *f.max) {
			return fault(at, "config_range", f.name+" is out of range", fmt.Sprintf("Got %s; allowed: %s.", n, f.bounds()))
		}
	}
	if len(f.oneOf) == 0 {
		return nil
	}
	var texts []string
	for _, allowed := range f.oneOf {
		if same(allowed, v) {
			return nil
		}
		texts = append(texts, string(mustJSON(allowed)))
	}
	return fault(at, "config_oneof", f.name+" has an unsupported value",
		fmt.Sprintf("Got %s; allowed: %s.", mustJSON(v), strings.Join(texts, ", ")))
}

func (f *field) bounds() string {
	var parts []string
	if f.min != nil {
		parts = append(parts, "at least "+strconv.FormatFloat(*f.min, 'g', -1, 64))
	}
	if f.max != nil {
		parts = append(parts, "at most "+strconv.FormatFloat(*f.max, 'g', -1, 64))
	}
	return strings.Join(parts, ", ")
}

// same compares scalars; numbers by value, so that 4 is 4.0.
func same(a, b any) bool {
	x, okA := a.(json.Number)
	y, okB := b.(json.Number)
	if okA && okB {
		p, errA := x.Float64()
		q, errB := y.Float64()
		return errA == nil && errB == nil && p == q
	}
	switch a.(type) {
	case string, bool:
		return a == b
	}
	return false
}

func (o *object) names() []string {
	out := make([]string, 0, len(o.fields))
	for _, f := range o.fields {
		out = append(out, f.name)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func jsonKind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a bool"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	}
	return "an object"
}

// mustJSON marshals decoded JSON, which cannot fail.
func mustJSON(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}
