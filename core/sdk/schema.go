package sdk

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// object is a configuration struct, read once by reflection. It makes the schema,
// decodes JSON into the struct and encodes the struct. Whether the schema is sound,
// and whether a configuration fits it, is for the host to say (core/schema).
type object struct {
	typ    reflect.Type
	fields []field
}

// field is one attribute (value set) or nested block (block set).
type field struct {
	index      []int // for reflect.Value.FieldByIndex
	name       string
	help       string
	deprecated string
	required   bool
	fallback   any   // decoded JSON of the default, nil: none
	oneOf      []any // decoded JSON
	min, max   *float64

	value *value
	path  bool // value is a path, or a list of paths

	block  *object
	blocks bool   // any number of blocks: a slice of structs
	label  string // what their label is called: a map of structs
	opt    bool   // one block that may be absent: a pointer to a struct
}

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func readStruct(t reflect.Type, outer []reflect.Type) (*object, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("configuration %s is not a struct", t)
	}
	for _, o := range outer {
		if o == t {
			return nil, fmt.Errorf("configuration %s contains itself", t)
		}
	}
	o := &object{typ: t}
	if err := o.read(t, nil, append(outer, t)); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, f := range o.fields {
		if seen[f.name] {
			return nil, fmt.Errorf("configuration %s has two fields named %q", t, f.name)
		}
		seen[f.name] = true
	}
	return o, nil
}

func (o *object) read(t reflect.Type, at []int, outer []reflect.Type) error {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(append([]int(nil), at...), i)
		tag, tagged := sf.Tag.Lookup("assay")
		if sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct {
			if err := o.read(sf.Type, index, outer); err != nil {
				return err
			}
			continue
		}
		if !sf.IsExported() || tag == "-" {
			continue
		}
		if !tagged {
			return fmt.Errorf("field %s of %s has no assay tag; `assay:\"-\"` leaves it out", sf.Name, t)
		}
		f, err := readField(sf, tag, outer)
		if err != nil {
			return fmt.Errorf("field %s of %s: %w", sf.Name, t, err)
		}
		f.index = index
		o.fields = append(o.fields, *f)
	}
	return nil
}

func readField(sf reflect.StructField, tag string, outer []reflect.Type) (*field, error) {
	name, option, _ := strings.Cut(tag, ",")
	f := &field{name: name, help: sf.Tag.Get("help"), deprecated: sf.Tag.Get("deprecated")}
	if !nameRE.MatchString(name) {
		return nil, fmt.Errorf("name %q must be lower case letters, digits and underscores", name)
	}
	if option != "" && option != "required" && option != "optional" {
		return nil, fmt.Errorf("option %q is neither required nor optional", option)
	}
	var err error
	if f.min, err = bound(sf, "min"); err != nil {
		return nil, err
	}
	if f.max, err = bound(sf, "max"); err != nil {
		return nil, err
	}
	if st, ok := structOf(sf.Type); ok {
		return f, f.readBlock(sf, st, option, outer)
	}
	if _, ok := sf.Tag.Lookup("label"); ok {
		return nil, fmt.Errorf("label belongs to map[string]struct")
	}
	if f.value, err = readType(sf.Type, true); err != nil {
		return nil, err
	}
	if text, ok := sf.Tag.Lookup("default"); ok {
		if f.fallback, err = f.constant(text, sf.Type); err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
	}
	if text, ok := sf.Tag.Lookup("oneof"); ok {
		if f.value.kind == "list" || f.value.kind == "map" {
			return nil, fmt.Errorf("oneof belongs to strings, numbers and bools")
		}
		for _, item := range strings.Split(text, ",") {
			v, err := f.constant(item, sf.Type)
			if err != nil {
				return nil, fmt.Errorf("oneof: %w", err)
			}
			f.oneOf = append(f.oneOf, v)
		}
	}
	if text, ok := sf.Tag.Lookup("path"); ok {
		if text != "true" {
			return nil, fmt.Errorf("path:%q: write path:\"true\", or leave it out", text)
		}
		f.path = true
	}
	f.required = option == "required" || (option == "" && f.fallback == nil && !f.value.pointer)
	return f, nil
}

// constant reads the value of a default or oneof tag and proves that it fits
// the field's type.
func (f *field) constant(text string, t reflect.Type) (any, error) {
	v, err := f.value.parse(text)
	if err != nil {
		return nil, err
	}
	if d := f.value.set(v, reflect.New(t).Elem(), nil); len(d) > 0 {
		return nil, d[0]
	}
	return v, nil
}

func bound(sf reflect.StructField, tag string) (*float64, error) {
	text, ok := sf.Tag.Lookup(tag)
	if !ok {
		return nil, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, fmt.Errorf("%s:%q is not a number", tag, text)
	}
	return &x, nil
}

func (o *object) proto() *pluginv1.Block {
	b := &pluginv1.Block{}
	for i := range o.fields {
		f := &o.fields[i]
		if f.block != nil {
			b.Blocks = append(b.Blocks, f.nested())
			continue
		}
		a := &pluginv1.Attribute{
			Name: f.name, Type: f.value.hcl(), Description: f.help, Required: f.required,
			Deprecated: f.deprecated, Integer: f.value.integer, Min: f.min, Max: f.max, Path: f.path,
		}
		if f.fallback != nil {
			a.DefaultJson = string(mustJSON(f.fallback))
		}
		for _, v := range f.oneOf {
			a.OneOfJson = append(a.OneOfJson, string(mustJSON(v)))
		}
		b.Attributes = append(b.Attributes, a)
	}
	return b
}
