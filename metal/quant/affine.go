package quant

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

// minScale keeps constant groups from dividing by zero, as in MLX.
const minScale = 1e-7

// Quantize stores w[experts,n,k] as MLX's affine_quantize does on the CPU, to
// the bit. Codes come from the unrounded float32 scale and bias; what is stored
// is those two rounded to f.DType. NaN and Inf are refused.
func Quantize(w []float32, f Format, experts, n, k int) (*Tensor, error) {
	t, err := New(f, experts, n, k)
	if err != nil {
		return nil, err
	}
	if len(w) != experts*n*k {
		return nil, fmt.Errorf("quantize: %d weights for shape [%d,%d,%d]", len(w), experts, n, k)
	}
	codes := make([]uint8, f.Group)
	bytes := f.Group * f.Bits / 8
	for g := range len(w) / f.Group {
		group := w[g*f.Group : (g+1)*f.Group]
		scale, bias, err := groupRange(group, f.Bits)
		if err != nil {
			return nil, fmt.Errorf("quantize: weight %d: %w", g*f.Group, err)
		}
		top := float64(uint(1)<<f.Bits - 1)
		for i, v := range group {
			q := math.RoundToEven(float64((v - bias) / scale))
			codes[i] = uint8(max(0, min(q, top)))
		}
		if err := Pack(t.Packed[g*bytes:], codes, f.Bits); err != nil {
			return nil, err
		}
		f.DType.Put(t.Scales, g, scale)
		f.DType.Put(t.Biases, g, bias)
	}
	return t, nil
}

// groupRange picks a group's scale and bias: the edge of larger magnitude is
// represented exactly, and zero by an integer code. All arithmetic is float32.
func groupRange(group []float32, bits int) (scale, bias float32, err error) {
	lo, hi := group[0], group[0]
	for _, v := range group {
		if v-v != 0 { // NaN or Inf
			return 0, 0, fmt.Errorf("%g cannot be quantized", v)
		}
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
	return scale, bias, nil
}

func abs(f float32) float32 { return math.Float32frombits(math.Float32bits(f) &^ (1 << 31)) }

// Dequantize gives the weights [Experts,N,K] back as MLX does: the product and
// the sum are each rounded to the format's dtype.
func (t *Tensor) Dequantize() ([]float32, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	out := make([]float32, t.Experts*t.N*t.K)
	for row := range t.Experts * t.N {
		if err := t.DequantizeRow(out[row*t.K:(row+1)*t.K], row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DequantizeRow writes row number row, counted over all experts, into dst[K].
func (t *Tensor) DequantizeRow(dst []float32, row int) error {
	if row < 0 || row >= t.Experts*t.N || len(dst) != t.K {
		return fmt.Errorf("dequantize row %d into %d values: have %d rows of %d", row, len(dst), t.Experts*t.N, t.K)
	}
	codes := make([]uint8, t.K)
	per := t.PlaneBytes(Codes, t.K)
	if err := Unpack(codes, t.Packed[row*per:(row+1)*per], t.Bits); err != nil {
		return err
	}
	groups := t.K / t.Group
	for i, q := range codes {
		g := row*groups + i/t.Group
		dst[i] = dequantize(t.DType, q, t.DType.At(t.Scales, g), t.DType.At(t.Biases, g))
	}
	return nil
}

// dequantize rounds after the product and after the sum; the explicit float32
// keeps compilers from fusing the two.
func dequantize(dt dtype.DType, q uint8, scale, bias float32) float32 {
	return dt.Round(dt.Round(float32(float32(q)*scale)) + bias)
}
