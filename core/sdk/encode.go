package sdk

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// encode writes the struct as the configuration JSON that decode reads: every
// attribute named, keys sorted, unset pointers and lists null, no blocks [] or {}.
func (o *object) encode(v reflect.Value) (json.RawMessage, error) {
	m := make(map[string]json.RawMessage, len(o.fields))
	for i := range o.fields {
		f := &o.fields[i]
		var err error
		if m[f.name], err = f.encode(v.FieldByIndex(f.index)); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return json.Marshal(m)
}

func (f *field) encode(v reflect.Value) (json.RawMessage, error) {
	if f.block == nil {
		return encodeValue(v)
	}
	if f.label != "" {
		m := make(map[string]json.RawMessage, v.Len())
		for _, label := range v.MapKeys() {
			block, err := f.block.encode(v.MapIndex(label))
			if err != nil {
				return nil, fmt.Errorf("%q: %w", label.String(), err)
			}
			m[label.String()] = block
		}
		return json.Marshal(m)
	}
	if f.blocks {
		list := make([]json.RawMessage, v.Len())
		for i := range list {
			var err error
			if list[i], err = f.block.encode(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return json.Marshal(list)
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return json.RawMessage("null"), nil
		}
		v = v.Elem()
	}
	return f.block.encode(v)
}

func encodeValue(v reflect.Value) (json.RawMessage, error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return json.RawMessage("null"), nil
		}
		return encodeValue(v.Elem())
	case reflect.Float32, reflect.Float64:
		// Never an exponent, as in canonical cty JSON; float32 keeps its short form.
		text := strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
		if !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("%s is not a number in JSON", text)
		}
		return json.RawMessage(text), nil
	case reflect.Slice:
		if v.IsNil() {
			return json.RawMessage("null"), nil
		}
		list := make([]json.RawMessage, v.Len())
		for i := range list {
			var err error
			if list[i], err = encodeValue(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return json.Marshal(list)
	case reflect.Map:
		if v.IsNil() {
			return json.RawMessage("null"), nil
		}
		m := make(map[string]json.RawMessage, v.Len())
		for _, key := range v.MapKeys() {
			item, err := encodeValue(v.MapIndex(key))
			if err != nil {
				return nil, err
			}
			m[key.String()] = item
		}
		return json.Marshal(m)
	}
	return json.Marshal(v.Interface())
}
