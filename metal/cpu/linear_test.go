package cpu

import (
	"fmt"
	"math"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// formats calls f for every tier, type, bits and group.
func formats(t *testing.T, f func(r *rig, c format)) {
	for tier := simd.Go; tier <= simd.Best(); tier++ {
		t.Run(tier.String(), func(t *testing.T) {
			r := newRig(t, Options{Threads: 2, SIMD: tier.String()})
			for _, typ := range dtype.All() {
				for _, bits := range quant.Affine.Bits() {
					for _, group := range quant.Affine.Groups() {
						name := fmt.Sprintf("%s_b%d_g%d", typ, bits, group)
						f(r, format{name, weights{t: typ, bits: bits, group: group}})
					}
				}
			}
		})
	}
}

type format struct {
	name string
	weights
}

func (r *rig) random(f format, experts, n, k int) weights {
	return r.weights(f.t, f.bits, f.group, experts, n, k)
}

const all = math.MaxUint32

func TestQuantizedMatmul(t *testing.T) {
	formats(t, func(r *rig, f format) {
		m, n, k := 1+r.rng.IntN(9), 1+r.rng.IntN(20), 128*(1+r.rng.IntN(3))
		if r.rng.IntN(3) == 0 {
			k = f.group * (1 + r.rng.IntN(5))
		}
		w := r.random(f, 1, n, k)
		x, y := r.values(f.t, m*k, 1), r.buffer(m*n*f.t.Size())
		args := append(append([]metal.Arg{buf(x)}, w.args()...), buf(y))
		r.run(dispatch(r.kernel("quantized_matmul_%s", f.name), kernels.Bytes(kernels.MatmulParams{M: uint32(m), N: uint32(n), K: uint32(k)}), args...))
		for j := range n {
			row := w.row(0, j, all)
			for i := range m {
				want, size := dotRow(x, f.t, i, row)
				r.near(fmt.Sprintf("%s M=%d N=%d K=%d y", f.name, m, n, k), y, f.t, i*n+j, want, size)
			}
		}
	})
}

func TestGather(t *testing.T) {
	formats(t, func(r *rig, f format) {
		const experts, rows, pairs, m, n, k = 5, 3, 11, 2, 9, 256
		gate, up := r.random(f, experts, n, k), r.random(f, experts, n, k)
		var l, e []uint32
		for range pairs {
			l, e = append(l, r.rng.Uint32N(rows)), append(e, r.rng.Uint32N(experts))
		}
		lhs, rhs := r.words(l...), r.words(e...)
		x := r.values(f.t, rows*m*k, 0.3)
		y, fused := r.buffer(pairs*m*n*f.t.Size()), r.buffer(pairs*m*n*f.t.Size())
		p := kernels.Bytes(kernels.GatherParams{Pairs: pairs, M: m, N: n, K: k, Experts: experts, Rows: rows})
		r.run(dispatch(r.kernel("gather_qmm_%s", f.name), p,
			append(append([]metal.Arg{buf(x)}, gate.args()...), buf(lhs), buf(rhs), buf(y))...))
		r.run(dispatch(r.kernel("gather_qmm_swiglu_%s", f.name), p,
			append(append(append([]metal.Arg{buf(x)}, gate.args()...), up.args()...), buf(lhs), buf(rhs), buf(fused))...))
		for i := range pairs * m * n {
			pair, row, col := i/(m*n), i/n%m, i%n
			g, size := dotRow(x, f.t, int(l[pair])*m+row, gate.row(int(e[pair]), col, all))
			u, usize := dotRow(x, f.t, int(l[pair])*m+row, up.row(int(e[pair]), col, all))
			r.near(f.name+" gather y", y, f.t, i, g, size)
			r.near(f.name+" swiglu y", fused, f.t, i, silu(g)*u, size*math.Abs(u)+usize*math.Abs(g)+usize)
		}
	})
}

func TestGatherCombine(t *testing.T) {
	formats(t, func(r *rig, f format) {
		const experts, top, n, k = 6, 3, 10, 128
		for _, m := range []int{1, 5} {
			for _, md := range []string{"fp32", "fp32_no_fma", "exact"} {
				w := r.random(f, experts, n, k)
				var e []uint32
				for range m * top {
					e = append(e, r.rng.Uint32N(experts))
				}
				rhs := r.words(e...)
				h, wt, out := r.values(f.t, m*top*k, 1), r.values(f.t, m*top, 1), r.buffer(m*n*f.t.Size())
				r.run(dispatch(r.kernel("gather_qmm_combine_%s_%s", md, f.name),
					kernels.Bytes(kernels.CombineParams{M: uint32(m), TopK: top, D: n, K: k, Experts: experts}),
					append(append([]metal.Arg{buf(h)}, w.args()...), buf(rhs), buf(wt), buf(out))...))
				for i := range m * n {
					var want, size float64
					for j := range top {
						s, a := dotRow(h, f.t, i/n*top+j, w.row(int(e[i/n*top+j]), i%n, all))
						c := at(wt, f.t, i/n*top+j)
						want, size = want+c*s, size+math.Abs(c)*a
					}
					if md == "exact" { // rounds seven times
						size *= []float64{1, 200, 1600}[f.t]
					}
					r.near(fmt.Sprintf("%s %s M=%d out", f.name, md, m), out, f.t, i, want, size)
				}
			}
		}
	})
}

func TestProgressive(t *testing.T) {
	formats(t, func(r *rig, f format) {
		if f.bits != 4 && f.bits != 8 {
			return
		}
		const m, n, k = 2, 21, 256
		gate, up := r.random(f, 1, n, k), r.random(f, 1, n, k)
		x, y, refined := r.values(f.t, m*k, 0.3), r.buffer(m*n*f.t.Size()), r.buffer(m*n*4)
		low := uint32(1)<<(f.bits-2) - 1
		bound := func(w weights, row, col int) (sum float64) {
			for i := range k {
				sum += math.Abs(at(x, f.t, row*k+i) * at(w.scales, f.t, (col*k+i)/f.group))
			}
			return sum * float64(low)
		}
		median := float32(bound(gate, 0, 0))
		for _, epsilon := range []float32{0, median, -1, 1e30} {
			args := append(append(append([]metal.Arg{buf(x)}, gate.args()...), up.args()...), buf(y), buf(refined))
			r.run(dispatch(r.kernel("progressive_swiglu_%s", f.name),
				kernels.Bytes(kernels.SlimeParams{M: m, N: n, K: k, Epsilon: epsilon}), args...))
			for i := range m * n {
				err := max(bound(gate, i/n, i%n), bound(up, i/n, i%n))
				if math.Abs(err-float64(epsilon)) < 1e-4*err && epsilon > 0 {
					continue // the bound is on the edge
				}
				mask, want := ^low, byte(0)
				if epsilon >= 0 && err > float64(epsilon) {
					mask, want = all, 1
				}
				if got := refined.Bytes()[4*i]; got != want {
					r.Errorf("%s epsilon %v: refined[%d] = %d, want %d", f.name, epsilon, i, got, want)
				}
				g, size := dotRow(x, f.t, i/n, gate.row(0, i%n, mask))
				u, usize := dotRow(x, f.t, i/n, up.row(0, i%n, mask))
				r.near(fmt.Sprintf("%s epsilon %v y", f.name, epsilon), y, f.t, i, silu(g)*u, size*math.Abs(u)+usize*math.Abs(g)+usize)
			}
		}
	})
}
