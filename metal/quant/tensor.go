package quant

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal/dtype"
)

// Tensor is a stack of quantized matrices W[Experts,N,K], all little-endian:
// Packed [Experts,N,K·Bits/32] uint32, Scales and Biases [Experts,N,K/Group], of
// DType in mode affine; else scales are bytes and there are no biases.
type Tensor struct {
	Format
	Experts, N, K          int
	Packed, Scales, Biases []byte
}

// Plane is one of the tensor's planes.
func (t *Tensor) Plane(p Plane) *[]byte {
	return [...]*[]byte{&t.Packed, &t.Scales, &t.Biases}[p]
}

// New returns a zeroed tensor.
func New(f Format, experts, n, k int) (*Tensor, error) {
	if err := checkShape(f, experts, n, k); err != nil {
		return nil, err
	}
	t := &Tensor{Format: f, Experts: experts, N: n, K: k}
	for _, p := range f.Planes() {
		*t.Plane(p) = make([]byte, experts*n*f.PlaneBytes(p, k))
	}
	return t, nil
}

func checkShape(f Format, experts, n, k int) error {
	if err := f.Check(k); err != nil {
		return err
	}
	const most = math.MaxInt32
	if experts <= 0 || n <= 0 || experts > most || n > most || k > most ||
		experts > math.MaxInt/2/n/f.RowBytes(k) {
		return fmt.Errorf("quantized weights: shape [%d,%d,%d] is empty or too large", experts, n, k)
	}
	return nil
}

// Check reports a tensor whose parts do not have the lengths its shape asks for.
func (t *Tensor) Check() error {
	if err := checkShape(t.Format, t.Experts, t.N, t.K); err != nil {
		return err
	}
	for _, p := range t.Planes() {
		if have, want := len(*t.Plane(p)), t.Experts*t.N*t.PlaneBytes(p, t.K); have != want {
			return fmt.Errorf("quantized weights [%d,%d,%d] %s: %s are %d bytes, want %d", t.Experts, t.N, t.K, t.Format, p, have, want)
		}
	}
	return nil
}

// Bytes of the whole tensor.
func (t *Tensor) Bytes() (n int) {
	for _, p := range t.Planes() {
		n += len(*t.Plane(p))
	}
	return n
}

// Expert is matrix e of the stack, sharing its memory.
func (t *Tensor) Expert(e int) *Tensor { return t.Slice(e, 1) }

// Slice is n matrices of the stack from matrix e on, sharing its memory.
func (t *Tensor) Slice(e, n int) *Tensor {
	x := *t
	x.Experts = n
	for _, p := range t.Planes() {
		one := t.N * t.PlaneBytes(p, t.K)
		*x.Plane(p) = (*t.Plane(p))[e*one : (e+n)*one : (e+n)*one]
	}
	return &x
}

// Scale is that of group g, counted over all rows.
func (t *Tensor) Scale(g int) float32 {
	if _, m := t.Minifloats(); m != nil {
		return m.Value(t.Scales[g])
	}
	return t.DType.At(t.Scales, g)
}

// Bias is that of group g, 0 where the format has none.
func (t *Tensor) Bias(g int) float32 {
	if len(t.Biases) == 0 {
		return 0
	}
	return t.DType.At(t.Biases, g)
}

// finite reports scales and biases that no product can be made of.
func (t *Tensor) finite() error {
	var none [256]bool // scales that stand for no number
	if _, m := t.Minifloats(); m != nil {
		for i, v := range m.Values() {
			none[i] = abs(v) > m.Max
		}
	}
	ones := map[dtype.DType]uint32{dtype.F32: 0x7F800000, dtype.F16: 0x7C00, dtype.BF16: 0x7F80}[t.DType]
	for _, p := range t.Planes()[1:] {
		data, size := *t.Plane(p), t.ElementBytes(p)
		for i := 0; i < len(data); i += size {
			bad := false
			switch size {
			case 1:
				bad = none[data[i]]
			case 2:
				bad = uint32(binary.LittleEndian.Uint16(data[i:]))&ones == ones
			default:
				bad = binary.LittleEndian.Uint32(data[i:])&ones == ones
			}
			if bad {
				row := i / size / (t.K / t.Group)
				return fmt.Errorf("%s of matrix %d, row %d hold NaN or infinity: the file is damaged, or the model was converted wrong", p, row/t.N, row%t.N)
			}
		}
	}
	return nil
}
