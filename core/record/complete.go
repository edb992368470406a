package record

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"
)

// complete gives every list and every object that the schema requires and that is
// nil an empty one: encoding/json would write null. It is called in the one place in
// which documents, and the one in which events, become JSON, so that nobody who
// makes them has to think of it. v is a pointer.
func complete(v any) { completeValue(reflect.ValueOf(v).Elem()) }

// completed is data of an event, complete.
func completed(d Data) Data {
	if _, ok := d.(SampleEvent); ok || !lacks(reflect.TypeOf(d)) {
		return d
	}
	v := reflect.New(reflect.TypeOf(d))
	v.Elem().Set(reflect.ValueOf(d))
	completeValue(v.Elem())
	return v.Elem().Interface().(Data)
}

func completeValue(v reflect.Value) {
	if !lacks(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			completeValue(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			completeValue(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() { // what is in a map cannot be changed in place
			in := reflect.New(v.Type().Elem()).Elem()
			in.Set(v.MapIndex(key))
			fill(in)
			v.SetMapIndex(key, in)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			switch f := v.Field(i); {
			case name == "-" || !f.CanSet():
			case options == "omitempty":
				completeValue(f)
			default:
				fill(f)
			}
		}
	}
}

func fill(f reflect.Value) {
	switch {
	case f.Kind() == reflect.Slice && f.IsNil() && f.Type() != rawMessage:
		f.Set(reflect.MakeSlice(f.Type(), 0, 0))
	case f.Kind() == reflect.Map && f.IsNil():
		f.Set(reflect.MakeMap(f.Type()))
	default:
		completeValue(f)
	}
}

var rawMessage = reflect.TypeFor[json.RawMessage]()

// canLack remembers which types can lack something: most events cannot, and there
// are many of them.
var canLack sync.Map

func lacks(t reflect.Type) bool {
	if known, ok := canLack.Load(t); ok {
		return known.(bool)
	}
	can := lacksInside(t, map[reflect.Type]bool{})
	canLack.Store(t, can)
	return can
}

// lacksInside says whether completeValue can have something to do in a value of the
// type. What it does there and what this looks at go together.
func lacksInside(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || t == rawMessage || t == reflect.TypeFor[time.Time]() {
		return false
	}
	seen[t] = true
	filled := func(t reflect.Type) bool {
		return t.Kind() == reflect.Map || t.Kind() == reflect.Slice && t != rawMessage || lacksInside(t, seen)
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return lacksInside(t.Elem(), seen)
	case reflect.Map:
		return filled(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			switch name, options, _ := strings.Cut(f.Tag.Get("json"), ","); {
			case name == "-" || !f.IsExported() && !f.Anonymous:
			case options == "omitempty":
				if lacksInside(f.Type, seen) {
					return true
				}
			case filled(f.Type):
				return true
			}
		}
	}
	return false
}
