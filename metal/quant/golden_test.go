package quant_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/assay-bench/assay/metal/devicetest/golden"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// What MLX's own quantize and dequantize returned, to the bit.
func TestGoldenBits(t *testing.T) {
	compared := 0
	same := func(f *golden.File, name string, got []byte) {
		t.Helper()
		if !f.Has(name) {
			return
		}
		want, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Data) {
			t.Errorf("%s %s: bits differ", f.Name, name)
		}
		compared++
	}
	for _, dt := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
		for _, file := range []string{"quantize_", "quantize_edge_"} {
			f := open(t, file+dt.String())
			w, err := f.Tensor("w")
			if err != nil {
				t.Fatal(err)
			}
			values, err := dt.Floats(w.Data)
			if err != nil {
				t.Fatal(err)
			}
			n, k := w.Shape[0], w.Shape[1]
			for _, group := range quant.AllGroups() {
				for _, bits := range quant.AllBits() {
					q, err := quant.Quantize(values, quant.Format{Bits: bits, Group: group, DType: dt}, 1, n, k)
					if err != nil {
						t.Fatal(err)
					}
					prefix := fmt.Sprintf("g%d_b%d.", group, bits)
					same(f, prefix+"wq", q.Packed)
					same(f, prefix+"scales", q.Scales)
					same(f, prefix+"biases", q.Biases)
					back, err := q.Dequantize()
					if err != nil {
						t.Fatal(err)
					}
					same(f, prefix+"deq", dt.Bytes(back))
				}
			}
		}
	}
	if compared < 3*(72+60) {
		t.Errorf("only %d tensors were compared", compared)
	}
	t.Logf("%d tensors equal to the bit", compared)
}

// The weights of the matmul files are not stored: made again from their seed,
// quantized in float32, then the scales and biases cast to each type.
func TestGoldenUnstoredWeights(t *testing.T) {
	compared := 0
	for _, c := range []struct {
		file, input, prefix string
		bits, group         int
	}{
		{"quantized_matmul", "w", "g64_b2.", 2, 64}, {"quantized_matmul", "w", "g64_b3.", 3, 64},
		{"quantized_matmul", "w", "g64_b4.", 4, 64}, {"quantized_matmul", "w", "g64_b5.", 5, 64},
		{"quantized_matmul", "w", "g64_b6.", 6, 64}, {"quantized_matmul", "w", "g64_b8.", 8, 64},
		{"quantized_matmul", "w", "g32_b4.", 4, 32}, {"quantized_matmul", "w", "g128_b4.", 4, 128},
		{"gather_qmm_b4", "w", "", 4, 64}, {"gather_qmm_b8", "w", "", 8, 64},
		{"swiglu_b4", "w_gate", "gate.", 4, 64}, {"swiglu_b4", "w_up", "up.", 4, 64}, {"swiglu_b4", "w_down", "down.", 4, 64},
		{"swiglu_b8", "w_gate", "gate.", 8, 64}, {"swiglu_b8", "w_up", "up.", 8, 64}, {"swiglu_b8", "w_down", "down.", 8, 64},
	} {
		f := open(t, c.file)
		in, err := f.Input(c.input)
		if err != nil {
			t.Fatal(err)
		}
		w, err := in.Values()
		if err != nil {
			t.Fatal(err)
		}
		shape := in.Shape
		if len(shape) == 2 {
			shape = append([]int{1}, shape...)
		}
		q, err := quant.Quantize(w, quant.Format{Bits: c.bits, Group: c.group, DType: dtype.F32}, shape[0], shape[1], shape[2])
		if err != nil {
			t.Fatal(err)
		}
		check := func(name string, got []byte) {
			want, err := f.Tensor(c.prefix + name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.Data) {
				t.Errorf("%s %s%s: bits differ", c.file, c.prefix, name)
			}
			compared++
		}
		check("wq", q.Packed)
		scales, _ := dtype.F32.Floats(q.Scales)
		biases, _ := dtype.F32.Floats(q.Biases)
		for _, dt := range []dtype.DType{dtype.F32, dtype.F16, dtype.BF16} {
			check("scales."+dt.String(), dt.Bytes(scales))
			check("biases."+dt.String(), dt.Bytes(biases))
		}
	}
	t.Logf("%d tensors equal to the bit", compared)
}

func open(t *testing.T, name string) *golden.File {
	t.Helper()
	f, err := golden.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
