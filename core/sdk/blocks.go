package sdk

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// structOf unwraps the types that are blocks: struct, *struct, []struct and
// map[string]struct.
func structOf(t reflect.Type) (reflect.Type, bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		t = t.Elem()
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			t = t.Elem()
		}
	}
	return t, t.Kind() == reflect.Struct
}

// readBlock reads a field that is a block, or blocks, of the struct type.
func (f *field) readBlock(sf reflect.StructField, of reflect.Type, option string, outer []reflect.Type) (err error) {
	f.blocks = sf.Type.Kind() == reflect.Slice
	f.opt = sf.Type.Kind() == reflect.Pointer || option == "optional"
	label, tagged := sf.Tag.Lookup("label")
	switch labelled := sf.Type.Kind() == reflect.Map; {
	case tagged && !labelled:
		return fmt.Errorf("label belongs to map[string]struct")
	case labelled && !nameRE.MatchString(label):
		return fmt.Errorf("blocks by label need a tag that says what the label is, such as label:\"name\"; got %q", label)
	}
	f.label = label
	f.block, err = readStruct(of, outer)
	return err
}

func (f *field) nested() *pluginv1.NestedBlock {
	inner := f.block.proto()
	inner.Description = f.help
	n := &pluginv1.NestedBlock{TypeName: f.name, Block: inner, LabelName: f.label}
	if !f.many() {
		n.MaxItems = 1
		if !f.opt && f.block.needsInput() {
			n.MinItems = 1
		}
		return n
	}
	if f.min != nil {
		n.MinItems = uint32(*f.min)
	}
	if f.max != nil {
		n.MaxItems = uint32(*f.max)
	}
	return n
}

// many: there may be more than one block.
func (f *field) many() bool { return f.blocks || f.label != "" }

// needsInput: an empty object is not enough.
func (o *object) needsInput() bool {
	for _, f := range o.fields {
		if f.required || (f.block != nil && !f.many() && !f.opt && f.block.needsInput()) {
			return true
		}
	}
	return false
}

func (f *field) fillBlock(v any, target reflect.Value, at steps) []Diagnostic {
	switch {
	case f.label != "":
		return f.fillLabelled(v, target, at)
	case f.blocks:
		return f.fillList(v, target, at)
	case v == nil && f.opt:
		return nil
	case v == nil:
		v = f.block.absent()
	}
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	return f.block.fill(v, target, at)
}

// absent is what stands for a block that is left out: its arguments' defaults.
func (o *object) absent() map[string]any {
	m := map[string]any{}
	for _, f := range o.fields {
		if f.fallback != nil {
			m[f.name] = f.fallback
		}
	}
	return m
}

func (f *field) fillList(v any, target reflect.Value, at steps) []Diagnostic {
	list, ok := v.([]any)
	if v != nil && !ok {
		return fault(at, "config_type", "a list of blocks is needed", "Got "+jsonKind(v)+".")
	}
	slice := reflect.MakeSlice(target.Type(), len(list), len(list))
	var out []Diagnostic
	for i, item := range list {
		out = append(out, f.block.fill(item, slice.Index(i), join(at, indexStep(i)))...)
	}
	if len(list) > 0 {
		target.Set(slice)
	}
	return out
}

// fillLabelled fills a map with the blocks by their labels; none leave it nil.
func (f *field) fillLabelled(v any, target reflect.Value, at steps) []Diagnostic {
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		return fault(at, "config_type", "an object of blocks by "+f.label+" is needed", "Got "+jsonKind(v)+".")
	}
	result := reflect.MakeMapWithSize(target.Type(), len(m))
	var out []Diagnostic
	for _, label := range slices.Sorted(maps.Keys(m)) {
		item := reflect.New(target.Type().Elem()).Elem()
		out = append(out, f.block.fill(m[label], item, join(at, keyStep(label)))...)
		result.SetMapIndex(reflect.ValueOf(label).Convert(target.Type().Key()), item)
	}
	if len(m) > 0 {
		target.Set(result)
	}
	return out
}
