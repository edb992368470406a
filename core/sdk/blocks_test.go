package sdk

import (
	"reflect"
	"testing"
)

// A block that the host leaves out has the defaults of its arguments.
func TestAbsentBlock(t *testing.T) {
	type inner struct {
		Bits int `assay:"bits" default:"4"`
	}
	type outer struct {
		Kind  string `assay:"kind" default:"a"`
		Inner inner  `assay:"inner"`
	}
	type config struct {
		Outer outer `assay:"outer"`
	}
	o, err := readStruct(reflect.TypeFor[config](), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{`{"outer":null}`, `{"outer":{"kind":"a","inner":null}}`} {
		var c config
		if d := o.decode([]byte(data), reflect.ValueOf(&c)); len(d) > 0 || c.Outer.Kind != "a" || c.Outer.Inner.Bits != 4 {
			t.Errorf("%s: %+v, %v", data, c, d)
		}
	}
}
