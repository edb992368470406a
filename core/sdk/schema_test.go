package sdk

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

type shape struct {
	Hidden int `assay:"hidden" default:"2048" min:"1"`
}

type layer struct {
	Bits  int      `assay:"bits" oneof:"2,4"`
	Names []string `assay:"names,optional"`
}

type everything struct {
	shape
	Model   string             `assay:"model,required" help:"preset"`
	Fused   bool               `assay:"fused" default:"true"`
	Epsilon float64            `assay:"epsilon" default:"0.5" min:"0" max:"1"`
	Seed    *uint64            `assay:"seed"`
	Sizes   []int              `assay:"sizes" default:"[1, 2]"`
	Scale   map[string]float32 `assay:"scale,optional"`
	Old     int                `assay:"old,optional" deprecated:"use hidden"`
	Layer   []layer            `assay:"layer" help:"one per layer" max:"2"`
	Single  *layer             `assay:"single"`
	Phase   map[string]layer   `assay:"phase" label:"name" help:"one figure" min:"0" max:"2"`
	Inputs  []string           `assay:"inputs,optional" path:"true"`
	Tool    *string            `assay:"tool" path:"true"`
	Local   int                `assay:"-"`
}

// schemaOf is what a plugin with the configuration C describes.
func schemaOf[C any]() (*pluginv1.Block, error) {
	o, err := readStruct(reflect.TypeFor[C](), nil)
	if err != nil {
		return nil, err
	}
	return o.proto(), nil
}

func ptr[T any](v T) *T { return &v }

func TestSchema(t *testing.T) {
	inner := &pluginv1.Block{Attributes: []*pluginv1.Attribute{
		{Name: "bits", Type: "number", Integer: true, Required: true, OneOfJson: []string{"2", "4"}},
		{Name: "names", Type: "list(string)"},
	}}
	described := &pluginv1.Block{Attributes: inner.GetAttributes(), Description: "one per layer"}
	figure := &pluginv1.Block{Attributes: inner.GetAttributes(), Description: "one figure"}
	want := &pluginv1.Block{
		Attributes: []*pluginv1.Attribute{
			{Name: "hidden", Type: "number", Integer: true, DefaultJson: "2048", Min: ptr(1.0)},
			{Name: "model", Type: "string", Description: "preset", Required: true},
			{Name: "fused", Type: "bool", DefaultJson: "true"},
			{Name: "epsilon", Type: "number", DefaultJson: "0.5", Min: ptr(0.0), Max: ptr(1.0)},
			{Name: "seed", Type: "number", Integer: true},
			{Name: "sizes", Type: "list(number)", DefaultJson: "[1,2]"},
			{Name: "scale", Type: "map(number)"},
			{Name: "old", Type: "number", Integer: true, Deprecated: "use hidden"},
			{Name: "inputs", Type: "list(string)", Path: true},
			{Name: "tool", Type: "string", Path: true},
		},
		Blocks: []*pluginv1.NestedBlock{
			{TypeName: "layer", Block: described, MaxItems: 2},
			{TypeName: "single", Block: inner, MaxItems: 1},
			{TypeName: "phase", Block: figure, LabelName: "name", MaxItems: 2},
		},
	}
	got, err := schemaOf[everything]()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
}

type recursive struct {
	Inner []recursive `assay:"inner"`
}

func TestBadSchema(t *testing.T) {
	tests := []struct {
		name, want string
		read       func() (*pluginv1.Block, error)
	}{
		{"no tag", "has no assay tag", schemaOf[struct{ A int }]},
		{"bad name", `name "A-b"`, schemaOf[struct {
			A int `assay:"A-b"`
		}]},
		{"option", `option "maybe"`, schemaOf[struct {
			A int `assay:"a,maybe"`
		}]},
		{"default type", "a number is needed", schemaOf[struct {
			A int `assay:"a" default:"\"x\""`
		}]},
		{"default fraction", "a whole number is needed", schemaOf[struct {
			A int `assay:"a" default:"1.5"`
		}]},
		{"min", `min:"x"`, schemaOf[struct {
			A int `assay:"a" min:"x"`
		}]},
		{"oneof of list", "oneof belongs", schemaOf[struct {
			A []int `assay:"a" oneof:"1"`
		}]},
		{"type", "type chan int", schemaOf[struct {
			A chan int `assay:"a"`
		}]},
		{"map of structs without a label", `such as label:"name"; got ""`, schemaOf[struct {
			A map[string]layer `assay:"a"`
		}]},
		{"map of structs with a bad label", `got "the name"`, schemaOf[struct {
			A map[string]layer `assay:"a" label:"the name"`
		}]},
		{"map of structs by number", "label belongs to", schemaOf[struct {
			A map[int]layer `assay:"a" label:"name"`
		}]},
		{"label of a list", "label belongs to map[string]struct", schemaOf[struct {
			A []layer `assay:"a" label:"name"`
		}]},
		{"label of a map", "label belongs to map[string]struct", schemaOf[struct {
			A map[string]string `assay:"a" label:"name"`
		}]},
		{"path that is not true", `path:"yes"`, schemaOf[struct {
			A string `assay:"a" path:"yes"`
		}]},
		{"fault inside a labelled block", "has no assay tag", schemaOf[struct {
			A map[string]struct{ B int } `assay:"a" label:"name"`
		}]},
		{"twice", `two fields named "a"`, schemaOf[struct {
			A int `assay:"a"`
			B int `assay:"a"`
		}]},
		{"recursive", "contains itself", schemaOf[recursive]},
		{"not a struct", "not a struct", schemaOf[int]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.read()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}

func decodeEverything(t testing.TB, data string) (everything, []Diagnostic) {
	t.Helper()
	o, err := readStruct(reflect.TypeFor[everything](), nil)
	if err != nil {
		t.Fatal(err)
	}
	var c everything
	d := o.decode([]byte(data), reflect.ValueOf(&c))
	return c, d
}

// full is a canonical configuration with one argument changed.
func full(change string) string {
	m := map[string]json.RawMessage{}
	for _, text := range []string{`{"hidden":2048,"model":"m","fused":true,"epsilon":0.5,"seed":null,"sizes":[1,2],"scale":null,"old":null,
		"layer":[],"single":null,"phase":{},"inputs":null,"tool":null}`, change} {
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			panic(err)
		}
	}
	return string(mustJSON(m))
}

func TestDecode(t *testing.T) {
	c, d := decodeEverything(t, full(`{"seed":18446744073709551615,"sizes":[1e3],"scale":{"up":0.1},"layer":[{"bits":4.0,"names":["a"]}],
		"single":{"bits":2},"phase":{"b":{"bits":4},"a c":{"bits":2}},"inputs":["/x"],"later":1}`))
	if len(d) > 0 {
		t.Fatal(d)
	}
	want := everything{
		shape: shape{Hidden: 2048}, Model: "m", Fused: true, Epsilon: 0.5, Seed: ptr(uint64(1<<64 - 1)),
		Sizes: []int{1000}, Scale: map[string]float32{"up": 0.1},
		Layer: []layer{{Bits: 4, Names: []string{"a"}}}, Single: &layer{Bits: 2},
		Phase: map[string]layer{"a c": {Bits: 2}, "b": {Bits: 4}}, Inputs: []string{"/x"},
	}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(everything{})); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

// What no struct can hold is a fault with its path, whoever sent it.
func TestDecodeFaults(t *testing.T) {
	tests := []struct{ data, path, text string }{
		{`{`, "", "not JSON"},
		{`{"model":"m"} x`, "", "not JSON"},
		{`[]`, "", "an object is needed"},
		{`null`, "", "an object is needed"},
		{full(`{"model":null}`), "model", "model has no value"},
		{full(`{"hidden":null}`), "hidden", "hidden has no value"},
		{full(`{"model":1}`), "model", "a string is needed"},
		{full(`{"hidden":1.5}`), "hidden", "a whole number is needed"},
		{full(`{"hidden":1e300}`), "hidden", "too large"},
		{full(`{"epsilon":1e999}`), "epsilon", "too large"},
		{full(`{"seed":-1}`), "seed", "must not be negative"},
		{full(`{"sizes":[1,"2"]}`), "sizes[1]", "a number is needed"},
		{full(`{"scale":{"up":true}}`), `scale["up"]`, "a number is needed"},
		{full(`{"layer":{}}`), "layer", "a list of blocks is needed"},
		{full(`{"layer":[{"bits":4},{"bits":"3"}]}`), "layer[1].bits", "a number is needed"},
		{full(`{"phase":[]}`), "phase", "an object of blocks by name is needed"},
		{full(`{"phase":{"a b":{"bits":true}}}`), `phase["a b"].bits`, "a number is needed"},
		{full(`{"phase":{"a":null}}`), `phase["a"]`, "an object is needed"},
		{full(`{"single":{}}`), "single.bits", "bits has no value"},
	}
	for _, tt := range tests {
		t.Run(tt.data, func(t *testing.T) {
			_, d := decodeEverything(t, tt.data)
			if len(d) != 1 {
				t.Fatalf("diagnostics = %v, want one", d)
			}
			if d[0].Path != tt.path || !strings.Contains(d[0].Error(), tt.text) || d[0].Code == "" {
				t.Errorf("diagnostic = %+v, want path %q and %q", d[0], tt.path, tt.text)
			}
		})
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	const canonical = `{"epsilon":0.000001,"fused":false,"hidden":7,"inputs":["/x"],"layer":[{"bits":4,"names":null}],"model":"\u003cm\u003e","old":0,"phase":{"a":{"bits":4,"names":null},"b c":{"bits":2,"names":null}},"scale":{"a":0.1},"seed":null,"single":null,"sizes":[3],"tool":"/t"}`
	c, d := decodeEverything(t, canonical)
	if len(d) > 0 {
		t.Fatal(d)
	}
	o, err := readStruct(reflect.TypeFor[everything](), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.encode(reflect.ValueOf(c))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != canonical {
		t.Errorf("encoded\n%s, want\n%s", got, canonical)
	}
	if got, err = o.encode(reflect.ValueOf(everything{})); err != nil || !strings.Contains(string(got), `"layer":[],`) || !strings.Contains(string(got), `"phase":{},`) {
		t.Errorf("no blocks are encoded as %s, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(full(`{}`))
	f.Add(`{"model":"m","layer":[{"bits":4}],"scale":{"a":1}}`)
	f.Add(`{"model":"m","phase":{"":{"bits":4},"a\"b":{"bits":2,"names":["x"]}},"inputs":["/x"]}`)
	f.Add(`{"model":null,"sizes":[1e400,-0,""]}`)
	f.Fuzz(func(t *testing.T, data string) {
		c, d := decodeEverything(t, data)
		for _, d := range d {
			if _, err := d.proto(); err != nil {
				t.Errorf("path %q of a diagnostic does not parse: %v", d.Path, err)
			}
		}
		if len(d) > 0 {
			return
		}
		o, err := readStruct(reflect.TypeFor[everything](), nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := o.encode(reflect.ValueOf(c))
		if err != nil {
			t.Fatal(err)
		}
		var back everything
		if d := o.decode(again, reflect.ValueOf(&back)); len(d) > 0 {
			t.Errorf("%s does not decode: %v", again, d)
		}
	})
}

func TestPath(t *testing.T) {
	for _, good := range []string{"", "bits", "layer[2].bits", `scale["a.b]\"c"]`, "a.b.c", "a[0][1]"} {
		steps, err := parsePath(good)
		if err != nil {
			t.Errorf("%q: %v", good, err)
		}
		if text := pathText(steps); text != good {
			t.Errorf("%q came back as %q", good, text)
		}
	}
	for _, bad := range []string{".", ".a", "a.", "a..b", "[0]", "a[", "a[x]", "a[-1]", `a["x`, `a["x"`, "a]", "a[0]b"} {
		if steps, err := parsePath(bad); err == nil {
			t.Errorf("%q was read as %v", bad, steps)
		}
	}
}
