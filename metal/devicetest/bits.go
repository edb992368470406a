package devicetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/assay-bench/assay/metal/devicetest/golden"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Bits compares what must equal MLX to the bit, with no device: the input
// generator, quantized codes, scales and biases, dequantized weights. It opens
// every golden file, so that a missing or changed one fails. It returns how
// many tensors it compared and reports an error if that was none.
func Bits(t T) int {
	t.Helper()
	b := &bits{t: t}
	names, err := golden.Names()
	if err != nil {
		t.Errorf("%v", err)
		return 0
	}
	for _, name := range names {
		b.inputs(b.open(name))
	}
	for _, dt := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		b.quantize(b.open("quantize_"+dt.String()), dt)
		b.quantize(b.open("quantize_edge_"+dt.String()), dt)
		b.modes(b.open("modes_"+dt.String()), dt)
	}
	matmul := b.open("quantized_matmul")
	for _, f := range matmulConfigs(dtype.F32) {
		b.unstored(matmul, "w", fmt.Sprintf("g%d_b%d.", f.Group, f.Bits), f)
	}
	for _, n := range []int{4, 8} {
		f := quant.Format{Bits: n, Group: 64, DType: dtype.F32}
		b.unstored(b.open(fmt.Sprintf("gather_qmm_b%d", n)), "w", "", f)
		block := b.open(fmt.Sprintf("swiglu_b%d", n))
		for _, matrix := range []string{"gate", "up", "down"} {
			b.unstored(block, "w_"+matrix, matrix+".", f)
		}
	}
	if b.compared == 0 {
		t.Errorf("no golden tensor was compared")
	}
	t.Logf("%d tensors of %d golden files equal to the bit (inputs, codes, scales, biases, dequantized weights)", b.compared-b.failed, len(names))
	return b.compared
}

type bits struct {
	t                T
	compared, failed int
}

func (b *bits) open(name string) *golden.File {
	f, err := golden.Open(name)
	if err != nil {
		b.fail(err)
		return nil
	}
	return f
}

func (b *bits) fail(err error) {
	b.t.Helper()
	b.failed++
	b.t.Errorf("%v", err)
}

func (b *bits) same(f *golden.File, name string, got []byte) {
	b.compared++
	want, err := f.Tensor(name)
	if err == nil && !bytes.Equal(got, want.Data) {
		err = fmt.Errorf("golden %s: %s: bits differ", f.Name, name)
	}
	if err != nil {
		b.fail(err)
	}
}

// inputs makes every stored generated input again.
func (b *bits) inputs(f *golden.File) {
	if f == nil {
		return
	}
	for _, in := range f.Inputs {
		values, err := in.Values()
		if err != nil {
			b.fail(err)
			continue
		}
		if in.Stored {
			dt, _ := dtype.Parse(in.DType) // Values parsed it
			b.same(f, in.Name, dt.Bytes(values))
		}
	}
}

// quantize does what MLX's quantize and dequantize did to the file's w.
func (b *bits) quantize(f *golden.File, dt dtype.DType) {
	if f == nil {
		return
	}
	w, err := f.Floats("w")
	if err != nil {
		b.fail(err)
		return
	}
	shape, _ := f.Tensor("w") // Floats found it
	for _, group := range quant.Affine.Groups() {
		for _, width := range quant.Affine.Bits() {
			q, err1 := quant.Quantize(w, quant.Format{Bits: width, Group: group, DType: dt}, 1, shape.Shape[0], shape.Shape[1])
			if err1 != nil {
				b.fail(err1)
				continue
			}
			prefix := fmt.Sprintf("g%d_b%d.", group, width)
			b.same(f, prefix+"wq", q.Packed)
			b.same(f, prefix+"scales", q.Scales)
			b.same(f, prefix+"biases", q.Biases)
			if !f.Has(prefix + "deq") {
				continue // edge rows are dequantized for group 64 only
			}
			back, err := q.Dequantize()
			if err != nil {
				b.fail(err)
				continue
			}
			b.same(f, prefix+"deq", dt.Bytes(back))
		}
	}
}

// modes does what MLX's quantize and dequantize did to the file's w in the modes of
// minifloats.
func (b *bits) modes(f *golden.File, dt dtype.DType) {
	if f == nil {
		return
	}
	w, err := f.Floats("w")
	if err != nil {
		b.fail(err)
		return
	}
	shape, _ := f.Tensor("w") // Floats found it
	for _, format := range scaled(dt) {
		q, err := quant.Quantize(w, format, 1, shape.Shape[0], shape.Shape[1])
		if err != nil {
			b.fail(err)
			continue
		}
		back, err := q.Dequantize()
		if err != nil {
			b.fail(err)
			continue
		}
		prefix := format.Mode.String() + "."
		b.same(f, prefix+"wq", q.Packed)
		b.same(f, prefix+"scales", q.Scales)
		b.same(f, prefix+"deq", dt.Bytes(back))
	}
}

// scaled are the formats without biases.
func scaled(dt dtype.DType) []quant.Format {
	return slices.DeleteFunc(quant.Formats(), func(f quant.Format) bool { return f.DType != dt || f.Mode == quant.Affine })
}

// unstored makes weights again that only their quantized form is stored of:
// quantized in float32, scales and biases then cast to each type.
func (b *bits) unstored(f *golden.File, input, prefix string, format quant.Format) {
	if f == nil {
		return
	}
	in, err := f.Input(input)
	if err != nil {
		b.fail(err)
		return
	}
	shape := in.Shape
	if len(shape) == 2 {
		shape = append([]int{1}, shape...)
	}
	w, err := in.Values()
	if err != nil {
		b.fail(err)
		return
	}
	q, err := quant.Quantize(w, format, shape[0], shape[1], shape[2])
	if err != nil {
		b.fail(err)
		return
	}
	b.same(f, prefix+"wq", q.Packed)
	scales, err1 := format.DType.Floats(q.Scales)
	biases, err2 := format.DType.Floats(q.Biases)
	if err := errors.Join(err1, err2); err != nil {
		b.fail(err)
		return
	}
	for _, dt := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		b.same(f, prefix+"scales."+dt.String(), dt.Bytes(scales))
		b.same(f, prefix+"biases."+dt.String(), dt.Bytes(biases))
	}
}
