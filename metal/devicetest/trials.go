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

// trials of all ops that a tolerance can judge. Four are judged otherwise:
// topk_gating by its choice, moe_combine to the bit, progressive_swiglu beside its
// bound (random_moe.go), caches by what is left alone in them (random_cache.go, which
// has the context in parts, too); kernels for prompts have random_prefill.go.
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
			kernels.RopeParams{M: 1, H: 1, D: 2, Base: 1e4, Scale: 0.5}, kernels.RopeParams{M: 4, H: 3, D: 64, Base: 1e4, Scale: 0.5},
			kernels.RopeParams{M: 1, H: 4, D: 128, Base: 1e4, Scale: 16}, kernels.RopeParams{M: 33, H: 2, D: 96, Base: 1e4, Scale: 0.5},
		),
		want: func(d *drawn) error {
			p := of[kernels.RopeParams](d)
			y, err := reference.Rope(d.floats["x"], int(p.H), int(p.D), int(d.indices["at"][0]), float64(p.Base), float64(p.Scale))
			return d.is("y", y, err)
		},
		loose: func(block []byte, dt dtype.DType) float64 {
			p := kernels.Params[kernels.RopeParams](block)
			const last = 70 // of the positions that are drawn
			return ropeTolerance(dt, int(p.Scale*float32(last+p.M)))
		},
	},
	{op: "sdpa", blocks: blocks(
		attention(1, 1, 1, 1, 64), attention(1, 8, 8, 9, 64), attention(1, 32, 4, 512, 128),
		attention(1, 4, 2, 40, 96), attention(1, 6, 3, 70, 256), attention(5, 8, 2, 77, 64), attention(9, 4, 1, 9, 128),
	), change: func(d *drawn) {
		p := of[kernels.SDPAParams](d)
		d.uncached(p.M, p.D, p.Stride)
	}, want: func(d *drawn) error {
		p := of[kernels.SDPAParams](d)
		out, err := reference.SDPA(reference.Attention{
			Q: d.floats["q"], K: d.floats["keys"], V: d.floats["values"], At: int(d.indices["at"][0]),
			M: int(p.M), H: int(p.H), KV: int(p.KV), D: int(p.D), Stride: int(p.Stride), Scale: float64(p.Scale),
		})
		return d.is("out", out, err)
	}},
	{op: "advance", blocks: blocks(
		kernels.AdvanceParams{Step: 1, First: 3, End: 1000}, kernels.AdvanceParams{Step: 5, First: 3, End: 6}, kernels.AdvanceParams{Step: 1, First: 9, End: 9},
	), want: func(d *drawn) error {
		p := of[kernels.AdvanceParams](d)
		next := d.indices["at"][0] + p.Step
		if next >= p.End {
			next = p.First
		}
		d.chosen["next"] = []uint32{next}
		return nil
	}},
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

func attention(m, h, kv, stride, d uint32) kernels.SDPAParams {
	return kernels.SDPAParams{M: m, H: h, KV: kv, D: d, Stride: stride, Scale: float32(1 / math.Sqrt(float64(d)))}
}

// uncached makes room for m tokens behind at, and fills caches with NaN from there on:
// what they hold behind a token must not be read into its result.
func (d *drawn) uncached(m, dims, stride uint32) {
	at := min(d.indices["at"][0], stride-m)
	d.indices["at"][0] = at
	for i := range d.floats["keys"] {
		if uint32(i)/dims%stride >= at+m {
			d.floats["keys"][i], d.floats["values"][i] = float32(math.NaN()), float32(math.NaN())
		}
	}
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
