package msl

import "testing"

func TestSize(t *testing.T) {
	u, err := Parse("k.metal", `
struct One { uint n; };
struct Many { uint a, b; float c; int32_t d; };
struct Empty {};
struct Wide { float4 v; };
struct Array { uint n[3]; };
struct Inner { uint a; struct { float b; } c; };
struct Default { uint a = 1; };
struct Bits { uint a : 3; };
struct Function { uint a; uint f() { return a; } };
template <typename T> struct Of { T a; };
template <typename T> struct Num { uint a; };
namespace x { struct Twice { uint a; }; }
namespace y { struct Twice { uint a, b; }; }
kernel void k(constant One &p [[buffer(0)]]) {}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for typ, want := range map[string]int{
		"One": 4, "const One": 4, "Many": 16, "uint": 4, "float": 4, "half": 0, "float4": 0, "Empty": 0, "Wide": 0, "Array": 0,
		"Inner": 0, "Default": 0, "Bits": 0, "Function": 0, "Of": 0, "Num": 0, "Of<uint>": 0, "Twice": 0, "Nothing": 0, "": 0,
	} {
		if got := u.Size(typ); got != want {
			t.Errorf("%q has %d bytes, want %d", typ, got, want)
		}
	}
}
