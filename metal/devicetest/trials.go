package devicetest

import (
	"math"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

// blocks are parameters that do not depend on chance.
func blocks[P any](list ...P) func(rng, quant.Format) [][]byte {
	return func(rng, quant.Format) [][]byte {
		var out [][]byte
		for _, p := range list {
			out = append(out, kernels.Bytes(p))
		}
		return out
	}
}

// rows are from one element to more than any threadgroup has threads for.
func rows(r rng, _ quant.Format) [][]byte {
	var out [][]byte
	for _, d := range []uint32{1, 5, 128, 1000, 2048, 5003} {
		out = append(out, kernels.Bytes(kernels.RowParams{M: uint32(r.between(1, 4)), D: d, Eps: 1e-6}))
	}
	return out
}

var counts = blocks(kernels.CountParams{N: 1}, kernels.CountParams{N: 7}, kernels.CountParams{N: 768}, kernels.CountParams{N: 4097})

// pairs of few rows, odd N, K of any number of groups.
func pairs(r rng, f quant.Format) [][]byte {
	n, k := r.shape(f)
	return [][]byte{kernels.Bytes(kernels.GatherParams{
		Pairs: uint32(r.between(1, 7)), M: uint32(r.between(1, 3)), N: uint32(n), K: uint32(k), Experts: 5, Rows: uint32(r.between(1, 4)),
	})}
}

// of is the parameters of a trial.
func of[P any](d *drawn) P { return kernels.Params[P](d.block) }

// is fills in an output.
func (d *drawn) is(name string, values []float64, err error) error {
	d.outputs[name] = values
	return err
}

// trials of all ops that a tolerance can judge. Three are judged otherwise:
// topk_gating by its choice, moe_combine to the bit, progressive_swiglu beside its
// bound (random_moe.go); kernels for prompts have random_prefill.go.
var trials = []trial{
	{op: "add", blocks: counts, want: func(d *drawn) error {
		y, err := reference.Add(d.floats["a"], d.floats["b"])
		return d.is("y", y, err)
	}},
	{op: "swiglu", blocks: counts, change: func(d *drawn) {
		for i, extreme := range []float32{90, -90, -1e4, 0} { // e^x overflows float32 on the way
			if gate := d.floats["gate"]; i+3 < len(gate) {
				gate[i+3] = d.f.DType.Round(extreme)
			}
		}
	}, want: func(d *drawn) error {
		y, err := reference.Swiglu(d.floats["gate"], d.floats["up"])
		return d.is("y", y, err)
	}},
	{op: "softmax", blocks: rows, change: func(d *drawn) { d.scale("x", 10) }, want: func(d *drawn) error {
		y, err := reference.Softmax(d.floats["x"], int(of[kernels.RowParams](d).D))
		return d.is("y", y, err)
	}},
	{op: "rms_norm", blocks: rows, change: func(d *drawn) { d.scale("x", 10) }, want: func(d *drawn) error {
		y, err := reference.RMSNorm(d.floats["x"], d.floats["weight"], 1e-6)
		return d.is("y", y, err)
	}},
	{op: "add_rms_norm", blocks: rows, change: func(d *drawn) { d.scale("x", 10) }, want: func(d *drawn) error {
		sum, err := reference.Add(d.floats["x"], d.floats["residual"])
		if err != nil {
			return err
		}
		y, err := reference.RMSNorm(reference.Round(sum, d.f.DType), d.floats["weight"], 1e-6)
		d.outputs["sum"] = sum
		return d.is("y", y, err)
	}},
	{op: "argmax", blocks: rows, change: func(d *drawn) {
		for i, v := range d.floats["x"] { // many equal largest elements
			d.floats["x"][i] = max(-2, min(2, float32(int(10*v))))
		}
	}, want: func(d *drawn) (err error) {
		d.chosen["index"], err = reference.Argmax(d.floats["x"], int(of[kernels.RowParams](d).D))
		return err
	}},
	{
		op: "rope",
		blocks: blocks(
			kernels.RopeParams{H: 1, L: 1, D: 2, Offset: 5, Base: 1e4, Scale: 0.5}, kernels.RopeParams{H: 3, L: 4, D: 64, Base: 1e4, Scale: 0.5},
			kernels.RopeParams{H: 4, L: 1, D: 128, Offset: 900, Base: 1e4, Scale: 0.5}, kernels.RopeParams{H: 2, L: 33, D: 96, Offset: 7, Base: 1e4, Scale: 0.5},
		),
		want: func(d *drawn) error {
			p := of[kernels.RopeParams](d)
			y, err := reference.Rope(d.floats["x"], int(p.L), int(p.D), int(p.Offset), float64(p.Base), float64(p.Scale))
			return d.is("y", y, err)
		},
		loose: func(block []byte, dt dtype.DType) float64 {
			p := kernels.Params[kernels.RopeParams](block)
			return ropeTolerance(dt, int(p.Offset+p.L))
		},
	},
	{
		op: "sdpa",
		blocks: blocks(
			attention(1, 1, 1, 1, 64), attention(8, 8, 5, 9, 64), attention(32, 4, 300, 512, 128),
			attention(4, 2, 33, 40, 96), attention(32, 8, 70, 70, 64),
		),
		change: func(d *drawn) { // what lies beyond L must not be read into the result
			p := of[kernels.SDPAParams](d)
			for i := range d.floats["k"] {
				if uint32(i)/p.D%p.KVStride >= p.L {
					d.floats["k"][i], d.floats["v"][i] = float32(math.NaN()), float32(math.NaN())
				}
			}
		},
		want: func(d *drawn) error {
			p := of[kernels.SDPAParams](d)
			out, err := reference.SDPA(reference.Attention{
				Q: d.floats["q"], K: d.floats["k"], V: d.floats["v"],
				H: int(p.H), KV: int(p.KV), L: int(p.L), D: int(p.D), Stride: int(p.KVStride), Scale: float64(p.Scale),
			})
			return d.is("out", out, err)
		},
	},
	{op: "quantized_matmul", blocks: func(r rng, f quant.Format) [][]byte {
		var out [][]byte
		for _, m := range []int{1, r.between(2, 9)} {
			n, k := r.shape(f)
			out = append(out, kernels.Bytes(kernels.MatmulParams{M: uint32(m), N: uint32(n), K: uint32(k)}))
		}
		return out
	}, want: func(d *drawn) error {
		y, err := reference.QMM(reference.MatMul(d.floats["x"], int(of[kernels.MatmulParams](d).M)), d.weights["w"], reference.All)
		return d.is("y", y, err)
	}},
	{op: "gather_qmm", blocks: pairs, want: func(d *drawn) error {
		y, err := reference.QMM(d.gather(), d.weights["w"], reference.All)
		return d.is("y", y, err)
	}},
	{op: "gather_qmm_swiglu", blocks: pairs, want: func(d *drawn) error {
		y, err := reference.QMMSwiglu(d.gather(), d.weights["gate"], d.weights["up"], reference.All)
		return d.is("y", y, err)
	}},
	{op: "gather_qmm_combine", blocks: func(r rng, f quant.Format) [][]byte {
		n, k := r.shape(f)
		return [][]byte{kernels.Bytes(kernels.CombineParams{
			M: uint32(r.between(1, 4)), TopK: uint32(r.between(1, 8)), D: uint32(n), K: uint32(k), Experts: 6,
		})}
	}, want: func(d *drawn) error {
		top := int(of[kernels.CombineParams](d).TopK)
		out, err := reference.QMMCombine(d.floats["h"], d.indices["rhs"], d.floats["weights"], top, d.weights["w"], reference.All)
		return d.is("out", out, err)
	}},
	{op: "embedding", blocks: func(r rng, f quant.Format) [][]byte {
		_, k := r.shape(f)
		return [][]byte{kernels.Bytes(kernels.RowParams{M: uint32(r.between(1, 9)), D: uint32(k)})}
	}, want: func(d *drawn) error {
		y, err := reference.Embedding(d.indices["ids"], d.weights["w"])
		return d.is("y", y, err)
	}},
}

func attention(h, kv, l, stride, d uint32) kernels.SDPAParams {
	return kernels.SDPAParams{H: h, KV: kv, L: l, D: d, KVStride: stride, Scale: float32(1 / math.Sqrt(float64(d)))}
}

// scale makes an input larger.
func (d *drawn) scale(name string, by float32) {
	for i, v := range d.floats[name] {
		d.floats[name][i] = d.f.DType.Round(by * v)
	}
}

func (d *drawn) gather() reference.Gather {
	return reference.Gather{X: d.floats["x"], M: int(of[kernels.GatherParams](d).M), LHS: d.indices["lhs"], RHS: d.indices["rhs"]}
}
