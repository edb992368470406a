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
	v := reflect.New(reflect.TypeOf(d))
	v.Elem().Set(reflect.ValueOf(d))
	completeValue(v.Elem())
	return v.Elem().Interface().(Data)
}

func completeValue(v reflect.Value) {
	if !holdsLists(v.Type()) {
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

// listsIn remembers which types hold lists or maps: most events do not, and there
// are many of them.
var listsIn sync.Map

func holdsLists(t reflect.Type) bool {
	if known, ok := listsIn.Load(t); ok {
		return known.(bool)
	}
	holds := lists(t, map[reflect.Type]bool{})
	listsIn.Store(t, holds)
	return holds
}

func lists(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || t == rawMessage || t == reflect.TypeFor[time.Time]() {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return true
	case reflect.Pointer, reflect.Array:
		return lists(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if lists(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}
