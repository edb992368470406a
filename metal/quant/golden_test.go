package quant_test

import (
	"testing"

	"github.com/assay-bench/assay/metal/devicetest"
)

// What MLX's own quantize and dequantize returned, to the bit.
func TestGoldenBits(t *testing.T) {
	if n := devicetest.Bits(t); n < 500 {
		t.Errorf("only %d tensors were compared", n)
	}
}
