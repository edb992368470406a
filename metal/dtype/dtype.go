// Package dtype names the activations' number formats and converts between them and
// float32.
package dtype

import "fmt"

// DType is a number format of activations, scales and biases.
type DType uint8

// The three formats.
const (
	F32 DType = iota
	F16
	BF16
)

// All lists them.
func All() []DType { return []DType{F32, F16, BF16} }

// String is the short name used in kernel names and golden tensors.
func (d DType) String() string {
	if d > BF16 {
		return fmt.Sprintf("dtype(%d)", uint8(d))
	}
	return [...]string{"f32", "f16", "bf16"}[d]
}

// Size in bytes of one element.
func (d DType) Size() int {
	if d == F32 {
		return 4
	}
	return 2
}

// Parse accepts short names (f16) and MLX's long ones (float16).
func Parse(s string) (DType, error) {
	switch s {
	case "f32", "float32":
		return F32, nil
	case "f16", "float16":
		return F16, nil
	case "bf16", "bfloat16":
		return BF16, nil
	}
	return 0, fmt.Errorf("dtype %q: want float32, float16 or bfloat16", s)
}
