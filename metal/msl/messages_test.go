package msl

import "testing"

func TestInSource(t *testing.T) {
	const hint = "; the arms need one type on every device but Apple's: write c ? x : half(0)"
	for said, want := range map[string]string{
		"k.metal:4:9: error: no member named 'z' in 'assay_msl::Params'":                                            "k.metal:4:9: error: no member named 'z' in 'Params'",
		"k.metal:4:9: error: unknown type 'assay_msl::metal::half'":                                                 "k.metal:4:9: error: unknown type 'half'",
		"k.metal:4:9: error: 'assay_msl::assay_scale_entry_::T'":                                                    "k.metal:4:9: error: 'T'",
		"error: conditional expression is ambiguous; 'assay_msl::metal::half' can be converted to 'float'":          "error: conditional expression is ambiguous; 'half' can be converted to 'float'" + hint,
		"error: operands to '?:' have different types 'assay_msl::metal::bfloat' and 'float'":                       "error: operands to '?:' have different types 'bfloat' and 'float'" + hint,
		"error: operands to '?:' have different types 'Params' and 'float'":                                         "error: operands to '?:' have different types 'Params' and 'float'",
		`error: ambiguous "?" operation: second operand of type "assay_msl::metal::half" can be converted to third`: `error: ambiguous "?" operation: second operand of type "half" can be converted to third` + hint,
	} {
		if got := InSource(said); got != want {
			t.Errorf("%q reads\n%q, want\n%q", said, got, want)
		}
	}
}
