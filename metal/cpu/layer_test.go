package cpu

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// each calls f with a device for every type.
func each(t *testing.T, f func(r *rig, typ dtype.DType)) {
	r := newRig(t, Options{Threads: 2})
	for _, typ := range dtype.All() {
		f(r, typ)
	}
}

func u32(b metal.Buffer, i int) uint32 { return binary.LittleEndian.Uint32(b.Bytes()[4*i:]) }

func (r *rig) floats(t dtype.DType, v ...float32) metal.Buffer {
	b := r.buffer(len(v) * t.Size())
	if err := b.Write(0, t.Bytes(v)); err != nil {
		r.Fatal(err)
	}
	return b
}

func TestSwigluAdd(t *testing.T) {
	each(t, func(r *rig, typ dtype.DType) {
		const n = 5001
		a, b, y, sum := r.values(typ, n, 8), r.values(typ, n, 1), r.buffer(n*typ.Size()), r.buffer(n*typ.Size())
		p := kernels.Bytes(kernels.CountParams{N: n})
		r.run(dispatch(r.kernel("swiglu_%s", typ), p, buf(a), buf(b), buf(y)))
		r.run(dispatch(r.kernel("add_%s", typ), p, buf(a), buf(b), buf(sum)))
		for i := range n {
			u, v := at(a, typ, i), at(b, typ, i)
			r.near("swiglu", y, typ, i, silu(u)*v, 0)
			r.near("add", sum, typ, i, u+v, 0)
		}
	})
}

func TestGating(t *testing.T) {
	each(t, func(r *rig, typ dtype.DType) {
		const m, e, k = 9, 128, 8
		logits := r.values(typ, m*e, 5)
		for _, norm := range []uint32{0, 1} {
			idx, w := r.buffer(m*k*4), r.buffer(m*k*typ.Size())
			r.run(dispatch(r.kernel("topk_gating_%s", typ), kernels.Bytes(kernels.GatingParams{M: m, Experts: e, TopK: k, Norm: norm}), buf(logits), buf(idx), buf(w)))
			for row := range m {
				order := make([]int, e)
				var all, chosen float64
				for i := range order {
					order[i] = i
					all += math.Exp(at(logits, typ, row*e+i))
				}
				slices.SortStableFunc(order, func(a, b int) int {
					return cmp.Compare(at(logits, typ, row*e+b), at(logits, typ, row*e+a))
				})
				for _, i := range order[:k] {
					chosen += math.Exp(at(logits, typ, row*e+i))
				}
				for j, i := range order[:k] {
					if got := u32(idx, row*k+j); got != uint32(i) {
						r.Errorf("%s row %d: index %d = %d, want %d", typ, row, j, got, i)
					}
					sum := all
					if norm == 1 {
						sum = chosen
					}
					r.near("weight", w, typ, row*k+j, math.Exp(at(logits, typ, row*e+i))/sum, 1)
				}
			}
		}
	})
}

func TestGatingCorners(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	r := newRig(t, Options{Threads: 1})
	for _, c := range []struct {
		name    string
		logits  []float32
		indices []uint32
		weights []float64
	}{
		{"ties go to the lower index", []float32{1, 2, 2, 1}, []uint32{1, 2}, []float64{0.5, 0.5}},
		{"NaN comes last", []float32{nan, 1, nan, 1}, []uint32{1, 3}, []float64{0.5, 0.5}},
		{"infinity takes all", []float32{0, inf, 1, 2}, []uint32{1, 0}, []float64{1, 0}},
		{"nothing finite", []float32{nan, -inf, nan, -inf}, []uint32{0, 1}, []float64{0, 0}},
		{"far apart", []float32{0, 500, -500, 400}, []uint32{1, 3}, []float64{1, 0}},
	} {
		logits, idx, w := r.floats(dtype.F32, c.logits...), r.buffer(8), r.buffer(8)
		r.run(dispatch(r.kernel("topk_gating_f32"), kernels.Bytes(kernels.GatingParams{M: 1, Experts: 4, TopK: 2, Norm: 1}), buf(logits), buf(idx), buf(w)))
		for j := range c.indices {
			if u32(idx, j) != c.indices[j] {
				t.Errorf("%s: index %d = %d, want %d", c.name, j, u32(idx, j), c.indices[j])
			}
			r.near(c.name, w, dtype.F32, j, c.weights[j], 0)
		}
	}
}

func TestCombine(t *testing.T) {
	each(t, func(r *rig, typ dtype.DType) {
		const m, k, d = 3, 4, 1100
		y, w := r.values(typ, m*k*d, 2), r.values(typ, m*k, 1)
		for _, mode := range []string{"fp32", "fp32_no_fma", "exact"} {
			out := r.buffer(m * d * typ.Size())
			r.run(dispatch(r.kernel("moe_combine_%s_%s", mode, typ), kernels.Bytes(kernels.CombineParams{M: m, TopK: k, D: d}), buf(y), buf(w), buf(out)))
			for i := range m * d {
				var fused, plain, exact float32
				for j := range k {
					a, b := float32(at(w, typ, i/d*k+j)), float32(at(y, typ, (i/d*k+j)*d+i%d))
					fused = float32(float64(a)*float64(b) + float64(fused))
					plain += float32(a * b)
					exact = typ.Round(typ.Round(a*b) + exact)
				}
				want := map[string]float32{"fp32": fused, "fp32_no_fma": plain, "exact": exact}[mode]
				got := at(out, typ, i)
				if typ != dtype.F32 || mode != "fp32" {
					if got != float64(typ.Round(want)) {
						r.Fatalf("%s %s out[%d] = %v, want %v to the bit", mode, typ, i, got, typ.Round(want))
					}
				} else {
					r.near(mode, out, typ, i, float64(want), 0)
				}
			}
		}
	})
}

func TestRows(t *testing.T) {
	each(t, func(r *rig, typ dtype.DType) {
		const m, d = 3, 259
		x, weight := r.values(typ, m*d, 4), r.values(typ, d, 1)
		soft, norm, index := r.buffer(m*d*typ.Size()), r.buffer(m*d*typ.Size()), r.buffer(m*4)
		p := kernels.Bytes(kernels.RowParams{M: m, D: d, Eps: 1e-6})
		r.run(dispatch(r.kernel("softmax_%s", typ), p, buf(x), buf(soft)))
		r.run(dispatch(r.kernel("rms_norm_%s", typ), p, buf(x), buf(weight), buf(norm)))
		r.run(dispatch(r.kernel("argmax_%s", typ), p, buf(x), buf(index)))
		for row := range m {
			var sum, squares float64
			best := 0
			for i := range d {
				v := at(x, typ, row*d+i)
				sum, squares = sum+math.Exp(v), squares+v*v
				if v > at(x, typ, row*d+best) {
					best = i
				}
			}
			if got := u32(index, row); got != uint32(best) {
				r.Errorf("argmax %s row %d = %d, want %d", typ, row, got, best)
			}
			for i := range d {
				v := at(x, typ, row*d+i)
				r.near("softmax", soft, typ, row*d+i, math.Exp(v)/sum, 0.1)
				r.near("rms_norm", norm, typ, row*d+i, v/math.Sqrt(squares/d+1e-6)*at(weight, typ, i), 1)
			}
		}
	})
}

func TestRope(t *testing.T) {
	each(t, func(r *rig, typ dtype.DType) {
		const m, h, d, first = 4, 3, 64, 1000
		x, y := r.values(typ, m*h*d, 1), r.buffer(m*h*d*typ.Size())
		p := kernels.Bytes(kernels.RopeParams{M: m, H: h, D: d, Base: 1e6, Scale: 0.5})
		r.run(dispatch(r.kernel("rope_%s", typ), p, buf(x), buf(r.words(first)), buf(y)))
		for i := range m * h * d {
			row, c := i/d*d, i%d
			pair := c % (d / 2)
			sin, cos := math.Sincos(float64(first+i/d/h) * 0.5 * math.Pow(1e6, -2*float64(pair)/d))
			a, b := at(x, typ, row+pair), at(x, typ, row+pair+d/2)
			want := a*cos - b*sin
			if c >= d/2 {
				want = a*sin + b*cos
			}
			r.near("rope", y, typ, i, want, 1)
		}
	})
}

// Attention reads what was put into the cache, each token up to itself.
func TestSDPA(t *testing.T) {
	each(t, func(r *rig, typ dtype.DType) {
		const m, h, kv, d, first, stride = 3, 8, 2, 64, 34, 50
		q, k, v, out := r.values(typ, m*h*d, 1), r.values(typ, kv*stride*d, 1), r.values(typ, kv*stride*d, 1), r.buffer(m*h*d*typ.Size())
		newK, newV, place := r.values(typ, m*kv*d, 1), r.values(typ, m*kv*d, 1), r.words(first)
		scale := float32(0.125)
		r.run(dispatch(r.kernel("cache_append_%s", typ), kernels.Bytes(kernels.CacheParams{M: m, KV: kv, D: d, Stride: stride}),
			buf(newK), buf(newV), buf(place), buf(k), buf(v)))
		r.run(dispatch(r.kernel("sdpa_%s", typ), kernels.Bytes(kernels.SDPAParams{M: m, H: h, KV: kv, D: d, Stride: stride, Scale: scale}),
			buf(q), buf(k), buf(v), buf(place), buf(out)))
		for row := range m * h {
			token, group := row/h, row%h/(h/kv)
			of := func(cache, added metal.Buffer, i, c int) float64 {
				if i >= first {
					return at(added, typ, ((i-first)*kv+group)*d+c)
				}
				return at(cache, typ, (group*stride+i)*d+c)
			}
			p := make([]float64, first+token+1)
			var sum float64
			for i := range p {
				for c := range d {
					p[i] += at(q, typ, row*d+c) * of(k, newK, i, c)
				}
				p[i] = math.Exp(p[i] * float64(scale))
				sum += p[i]
			}
			for c := range d {
				var want float64
				for i := range p {
					want += p[i] / sum * of(v, newV, i, c)
				}
				r.near("sdpa", out, typ, row*d+c, want, 1)
			}
		}
	})
}

func TestEmbedding(t *testing.T) {
	r := newRig(t, Options{Threads: 2})
	for _, typ := range dtype.All() {
		for _, bits := range quant.Affine.Bits() {
			const v, d = 11, 128
			f := format{fmt.Sprintf("%s_b%d_g64", typ, bits), weights{t: typ, bits: bits, group: 64}}
			w := r.random(f, 1, v, d)
			ids, y := r.words(10, 0, 3), r.buffer(3*d*typ.Size())
			r.run(dispatch(r.kernel("embedding_%s", f.name), kernels.Bytes(kernels.RowParams{M: 3, D: d}), append(append([]metal.Arg{buf(ids)}, w.args()...), buf(y))...))
			for i, id := range []int{10, 0, 3} {
				for c, want := range w.row(0, id, all) {
					r.near(f.name, y, typ, i*d+c, want, 0.1)
				}
			}
		}
	}
}
