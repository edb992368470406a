package quant

import "fmt"

// Quantize stores w[experts,n,k] as MLX's quantize does on the CPU, to the bit.
// In mode affine, codes come from the unrounded float32 scale and bias, and what is
// stored is those two rounded to f.DType; the other modes compute in f.DType. NaN and
// Inf are refused.
func Quantize(w []float32, f Format, experts, n, k int) (*Tensor, error) {
	t, err := New(f, experts, n, k)
	if err != nil {
		return nil, err
	}
	if len(w) != experts*n*k {
		return nil, fmt.Errorf("quantize: %d weights for shape [%d,%d,%d]", len(w), experts, n, k)
	}
	store := t.affine
	if f.Mode != Affine {
		store = t.scaled
	}
	codes := make([]uint8, f.Group)
	bytes := f.Group * f.Bits / 8
	for g := range len(w) / f.Group {
		group := w[g*f.Group : (g+1)*f.Group]
		for i, v := range group {
			if v-v != 0 { // NaN or Inf
				return nil, fmt.Errorf("quantize: weight %d: %g cannot be quantized", g*f.Group+i, v)
			}
		}
		store(g, group, codes)
		if err := Pack(t.Packed[g*bytes:], codes, f.Bits); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// scaled stores group g of t in a mode of minifloats: the scale brings the largest
// magnitude to about that of the largest code. Each step is rounded to DType.
func (t *Tensor) scaled(g int, group []float32, codes []uint8) {
	code, scale := t.Minifloats()
	var most float32
	for _, v := range group {
		most = max(most, abs(v))
	}
	s := scale.encode(scale, t.DType.Round(most/code.Max))
	step := t.DType.Round(scale.Value(s))
	for i, v := range group {
		codes[i] = code.encode(code, t.DType.Round(v/step))
	}
	t.Scales[g] = s
}

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
		dst[i] = t.dequantize(q, t.DType.Round(t.Scale(g)), t.Bias(g))
	}
	return nil
}

// dequantize rounds after the product and after the sum; the explicit float32
// keeps compilers from fusing the two.
func (f Format) dequantize(q uint8, scale, bias float32) float32 {
	product := f.DType.Round(float32(f.Value(q) * scale))
	if f.Mode != Affine {
		return product
	}
	return f.DType.Round(product + bias)
}
