package reference_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/assay-bench/assay/metal/devicetest/golden"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

var dtypes = []dtype.DType{dtype.F32, dtype.F16, dtype.BF16}

// suite compares against somebody else's float64: the .ref tensors, which were
// rounded once to float32.
type suite struct {
	t        *testing.T
	f        *golden.File
	compared int
}

func (s *suite) open(name string) {
	s.t.Helper()
	f, err := golden.Open(name)
	if err != nil {
		s.t.Fatal(err)
	}
	s.f = f
}

func (s *suite) floats(name string) []float32 {
	s.t.Helper()
	v, err := s.f.Floats(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *suite) indices(name string) []uint32 {
	s.t.Helper()
	v, err := s.f.Uint32s(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *suite) weights(prefix string, bits, group int, dt dtype.DType) *quant.Tensor {
	s.t.Helper()
	wq, err := s.f.Tensor(prefix + "wq")
	if err != nil {
		s.t.Fatal(err)
	}
	scales, err1 := s.f.Tensor(prefix + "scales." + dt.String())
	biases, err2 := s.f.Tensor(prefix + "biases." + dt.String())
	if err1 != nil || err2 != nil {
		s.t.Fatal(err1, err2)
	}
	shape := wq.Shape
	if len(shape) == 2 {
		shape = append([]int{1}, shape...)
	}
	w := &quant.Tensor{
		Format:  quant.Format{Bits: bits, Group: group, DType: dt},
		Experts: shape[0], N: shape[1], K: shape[2] * 32 / bits,
		Packed: wq.Data, Scales: scales.Data, Biases: biases.Data,
	}
	if err := w.Check(); err != nil {
		s.t.Fatal(err)
	}
	return w
}

// close wants the float64 got to be ref before its rounding to float32.
func (s *suite) close(name string, got []float64, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s %s: %v", s.f.Name, name, err)
	}
	if e := reference.MaxError(s.floats(name), got); !(e < 1.2e-7) {
		s.t.Errorf("%s %s: off by %.3g of the largest value", s.f.Name, name, e)
	}
	s.compared++
}

func TestAgainstGoldenReferences(t *testing.T) {
	s := &suite{t: t}
	for _, dt := range dtypes {
		d := dt.String()

		s.open("quantized_matmul")
		for _, c := range []struct{ group, bits int }{{64, 2}, {64, 3}, {64, 4}, {64, 5}, {64, 6}, {64, 8}, {32, 4}, {128, 4}} {
			prefix := fmt.Sprintf("g%d_b%d.", c.group, c.bits)
			w := s.weights(prefix, c.bits, c.group, dt)
			for _, m := range []int{1, 7} {
				got, err := reference.QMM(reference.MatMul(s.floats(fmt.Sprintf("x%d.%s", m, d)), m), w, reference.All)
				s.close(fmt.Sprintf("%sy%d.%s.ref", prefix, m, d), got, err)
			}
		}

		for _, bits := range []int{4, 8} {
			s.open(fmt.Sprintf("gather_qmm_b%d", bits))
			w := s.weights("", bits, 64, dt)
			tokens := []uint32{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}
			var sorted []uint32
			for _, o := range s.indices("sorted.order") {
				sorted = append(sorted, o/2)
			}
			for _, c := range []struct {
				name, x string
				m       int
				lhs     []uint32
			}{
				{"decode", "x1", 1, []uint32{0, 0}},
				{"unsorted", "x5", 1, tokens},
				{"sorted", "x5", 1, sorted},
				{"explicit", "x5", 1, s.indices("explicit.lhs")},
				{"m3", "x23", 3, []uint32{0, 0, 1, 1}},
			} {
				got, err := reference.QMM(reference.Gather{X: s.floats(c.x + "." + d), M: c.m, LHS: c.lhs, RHS: s.indices(c.name + ".rhs")}, w, reference.All)
				s.close(c.name+".y."+d+".ref", got, err)
			}

			s.open(fmt.Sprintf("swiglu_b%d", bits))
			experts := s.indices("route." + d + ".inds")
			gate, up, down := s.weights("gate.", bits, 64, dt), s.weights("up.", bits, 64, dt), s.weights("down.", bits, 64, dt)
			h, err := reference.QMMSwiglu(reference.Gather{X: s.floats("x." + d), M: 1, LHS: tokens, RHS: experts}, gate, up, reference.All)
			s.close("h."+d+".ref", h, err)

			out, err := reference.QMMCombine(narrow(h), experts, s.floats("route."+d+".scores"), 2, down, reference.All)
			if e := reference.MaxError(s.floats("out."+d+".ref"), out); err != nil || !(e < 5e-7) { // h went through float32
				t.Errorf("%s out.%s.ref: off by %.3g, %v", s.f.Name, d, e, err)
			}
			s.compared++
		}

		s.open("rms_norm")
		for _, p := range []string{"d128.", "d2048."} {
			got, err := reference.RMSNorm(s.floats(p+"x."+d), s.floats(p+"w."+d), 1e-6)
			s.close(p+"y."+d+".ref", got, err)
		}

		s.open("rope")
		for _, off := range []int{0, 17, 1000, 40000} {
			got, err := reference.Rope(s.floats("x."+d), 4, 128, off, 1e6, 1)
			s.close(fmt.Sprintf("off%d.y.%s.ref", off, d), got, err)
		}
		// MLX has heads before positions: each of the two heads is a prompt of its own.
		var got []float64
		var err error
		for _, x := range slices.Collect(slices.Chunk(s.floats("xp."+d), 5*128)) {
			var head []float64
			head, err = reference.Rope(x, 1, 128, 3, 1e6, 1)
			got = append(got, head...)
		}
		s.close("prefill3.y."+d+".ref", got, err)

		s.open("softmax")
		got, err = reference.Softmax(s.floats("x."+d), 128)
		s.close("ref."+d, got, err)

		s.open("sdpa")
		a := reference.Attention{M: 1, H: 8, KV: 2, At: 36, Stride: 37, D: 64, Scale: 0.125,
			Q: s.floats("h8kv2.q." + d), K: s.floats("h8kv2.k." + d), V: s.floats("h8kv2.v." + d)}
		got, err = reference.SDPA(a)
		s.close("h8kv2.y."+d+".ref", got, err)

		s.open("moe_gating")
		indices, scores, err := reference.TopKGating(s.floats("logits."+d), 128, 8, true)
		if err != nil {
			t.Fatal(err)
		}
		// MLX chose among gates already rounded to the type, where experts tie:
		// the sets must agree up to experts of equal stored gates.
		want, wantScores, gates := s.indices(d+".inds"), s.floats(d+".scores"), s.floats(d+".gates")
		for row := 0; row*8 < len(want); row++ {
			gate := func(e uint32) float32 { return gates[row*128+int(e)] }
			mine, theirs := indices[row*8:][:8], slices.Clone(want[row*8:][:8])
			byScore := wantScores[row*8:][:8]
			for i, e := range mine {
				at := slices.Index(theirs, e)
				if at < 0 {
					at = slices.IndexFunc(theirs, func(o uint32) bool { return gate(o) == gate(e) && !slices.Contains(mine, o) })
				}
				if at < 0 {
					t.Errorf("moe_gating %s: row %d picked expert %d, MLX did not", d, row, e)
					continue
				}
				if off := math.Abs(float64(byScore[at]) - scores[row*8+i]); off > reference.Tolerance(dt) {
					t.Errorf("moe_gating %s: row %d expert %d scores %g, MLX %g", d, row, e, scores[row*8+i], byScore[at])
				}
			}
		}
		s.compared += 2
	}

	s.open("sdpa")
	got, err := reference.SDPA(reference.Attention{M: 1, H: 32, KV: 4, At: 18, Stride: 19, D: 128, Scale: 1 / math.Sqrt(128),
		Q: s.floats("h32kv4.q.f32"), K: s.floats("h32kv4.k.f32"), V: s.floats("h32kv4.v.f32")})
	s.close("h32kv4.y.f32.ref", got, err)
	t.Logf("%d tensors compared with another float64 computation", s.compared)
}

func narrow(v []float64) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = float32(v[i])
	}
	return out
}
