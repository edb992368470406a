package sdk

import (
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
	got, err := Schema[everything]()
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
		{"no tag", "has no assay tag", Schema[struct{ A int }]},
		{"bad name", `name "A-b"`, Schema[struct {
			A int `assay:"A-b"`
		}]},
		{"option", `option "maybe"`, Schema[struct {
			A int `assay:"a,maybe"`
		}]},
		{"default type", "a number is needed", Schema[struct {
			A int `assay:"a" default:"\"x\""`
		}]},
		{"default fraction", "a whole number is needed", Schema[struct {
			A int `assay:"a" default:"1.5"`
		}]},
		{"default not allowed", "allowed: 2, 4", Schema[struct {
			A int `assay:"a" default:"3" oneof:"2,4"`
		}]},
		{"default out of range", "out of range", Schema[struct {
			A int `assay:"a" default:"3" max:"2"`
		}]},
		{"default and required", "is not required", Schema[struct {
			A int `assay:"a,required" default:"3"`
		}]},
		{"min of string", "belong to numbers", Schema[struct {
			A string `assay:"a" min:"1"`
		}]},
		{"min", `min:"x"`, Schema[struct {
			A int `assay:"a" min:"x"`
		}]},
		{"oneof of list", "oneof belongs", Schema[struct {
			A []int `assay:"a" oneof:"1"`
		}]},
		{"type", "type chan int", Schema[struct {
			A chan int `assay:"a"`
		}]},
		{"map of structs without a label", `such as label:"name"; got ""`, Schema[struct {
			A map[string]layer `assay:"a"`
		}]},
		{"map of structs with a bad label", `got "the name"`, Schema[struct {
			A map[string]layer `assay:"a" label:"the name"`
		}]},
		{"map of structs by number", "label belongs to", Schema[struct {
			A map[int]layer `assay:"a" label:"name"`
		}]},
		{"label of a list", "label belongs to map[string]struct", Schema[struct {
			A []layer `assay:"a" label:"name"`
		}]},
		{"label of a map", "label belongs to map[string]struct", Schema[struct {
			A map[string]string `assay:"a" label:"name"`
		}]},
		{"path of a number", "path belongs to", Schema[struct {
			A int `assay:"a" path:"true"`
		}]},
		{"path of a block", "path belongs to", Schema[struct {
			A layer `assay:"a" path:"true"`
		}]},
		{"path of a map", "path belongs to", Schema[struct {
			A map[string]string `assay:"a" path:"true"`
		}]},
		{"path that is not true", `path:"yes"`, Schema[struct {
			A string `assay:"a" path:"yes"`
		}]},
		{"path and oneof", "none of oneof", Schema[struct {
			A string `assay:"a" path:"true" oneof:"x,y"`
		}]},
		{"empty path", "a path cannot be empty", Schema[struct {
			A string `assay:"a" path:"true" default:""`
		}]},
		{"fault inside a labelled block", "has no assay tag", Schema[struct {
			A map[string]struct{ B int } `assay:"a" label:"name"`
		}]},
		{"twice", `two fields named "a"`, Schema[struct {
			A int `assay:"a"`
			B int `assay:"a"`
		}]},
		{"recursive", "contains itself", Schema[recursive]},
		{"not a struct", "not a struct", Schema[int]},
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

func TestDecode(t *testing.T) {
	c, d := decodeEverything(t, `{"model":"m","epsilon":null,"seed":18446744073709551615,"sizes":[1e3],
		"scale":{"up":0.1},"layer":[{"bits":4.0,"names":["a"]}],"single":{"bits":2},"phase":{"b":{"bits":4},"a c":{"bits":2}},"inputs":["/x"]}`)
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

func TestDecodeFaults(t *testing.T) {
	tests := []struct{ data, path, text string }{
		{`{`, "", "not JSON"},
		{`{"model":"m"} x`, "", "not JSON"},
		{`[]`, "", "an object is needed"},
		{`{}`, "model", "model is required"},
		{`{"model":1}`, "model", "a string is needed"},
		{`{"model":"m","hidden":0}`, "hidden", "Got 0; allowed: at least 1."},
		{`{"model":"m","hidden":1.5}`, "hidden", "a whole number is needed"},
		{`{"model":"m","hidden":1e300}`, "hidden", "too large"},
		{`{"model":"m","epsilon":1e999}`, "epsilon", "too large"},
		{`{"model":"m","seed":-1}`, "seed", "must not be negative"},
		{`{"model":"m","sizes":[1,"2"]}`, "sizes[1]", "a number is needed"},
		{`{"model":"m","scale":{"up":true}}`, `scale["up"]`, "a number is needed"},
		{`{"model":"m","layer":{}}`, "layer", "a list of blocks is needed"},
		{`{"model":"m","layer":[{"bits":4},{"bits":3}]}`, "layer[1].bits", "allowed: 2, 4"},
		{`{"model":"m","layer":[{"bits":4},{"bits":4},{"bits":4}]}`, "layer", "at most 2"},
		{`{"model":"m","phase":[]}`, "phase", "an object of blocks by name is needed"},
		{`{"model":"m","phase":{"a b":{"bits":3}}}`, `phase["a b"].bits`, "allowed: 2, 4"},
		{`{"model":"m","phase":{"a":null}}`, `phase["a"]`, "an object is needed"},
		{`{"model":"m","phase":{"a":{"bits":4},"b":{"bits":4},"c":{"bits":4}}}`, "phase", "at most 2"},
		{`{"model":"m","single":{}}`, "single.bits", "bits is required"},
		{`{"model":"m","fuzed":true}`, "fuzed", "Known here: hidden, model, fused"},
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
