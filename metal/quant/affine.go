package quant

import "math"

// minScale keeps constant groups from dividing by zero, as in MLX.
const minScale = 1e-7

// affine stores group g of t.
func (t *Tensor) affine(g int, group []float32, codes []uint8) {
	scale, bias := groupRange(group, t.Bits)
	top := float64(uint(1)<<t.Bits - 1)
	for i, v := range group {
		q := math.RoundToEven(float64((v - bias) / scale))
		codes[i] = uint8(max(0, min(q, top)))
	}
	t.DType.Put(t.Scales, g, scale)
	t.DType.Put(t.Biases, g, bias)
}

// groupRange picks a group's scale and bias: the edge of larger magnitude is
// represented exactly, and zero by an integer code. All arithmetic is float32.
func groupRange(group []float32, bits int) (scale, bias float32) {
	lo, hi := group[0], group[0]
	for _, v := range group {
		lo, hi = min(lo, v), max(hi, v)
	}
	scale = max((hi-lo)/float32(uint(1)<<bits-1), minScale)
	edge := lo
	if !(abs(lo) > abs(hi)) {
		scale, edge = -scale, hi
	}
	if q0 := float32(math.RoundToEven(float64(edge / scale))); q0 != 0 {
		scale, bias = edge/q0, edge
	}
	return scale, bias
}

func abs(f float32) float32 { return math.Float32frombits(math.Float32bits(f) &^ (1 << 31)) }
