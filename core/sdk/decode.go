package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"

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

// decode fills into, a pointer to the struct, from canonical JSON: every argument
// is named, defaults are filled in, and the host has held all of it against the
// schema. What does not fit the struct is a fault all the same, so that no other
// host, and no one by hand, makes a plugin of what it cannot be.
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
	for i := range o.fields {
		f := &o.fields[i]
		here := join(at, nameStep(f.name))
		target := into.FieldByIndex(f.index)
		x := m[f.name]
		switch {
		case f.block != nil:
			out = append(out, f.fillBlock(x, target, here)...)
		case x != nil:
			out = append(out, f.value.set(x, target, here)...)
		case f.required || f.fallback != nil:
			out = append(out, fault(here, "config_value", f.name+" has no value", "The host names every argument and fills defaults in.")...)
		}
	}
	return out
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
