package decoder

import (
	"math"
	"slices"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// oracle computes a model in float64 from the weights that are on the device, by the
// definition of the architecture: nothing of it is taken from package reference, from
// kernels or from twins.
type oracle struct {
	t            *testing.T
	w            *Weights
	matrices     map[*kernels.Weights]*quant.Tensor
	keys, values [][][]float64 // of a layer, of a position: [KV·HeadDim]
}

func newOracle(t *testing.T, w *Weights) *oracle {
	n := len(w.Layers)
	return &oracle{t: t, w: w, matrices: map[*kernels.Weights]*quant.Tensor{}, keys: make([][][]float64, n), values: make([][][]float64, n)}
}

// product is W·x of one matrix of w.
func (o *oracle) product(w *kernels.Weights, matrix int, x []float64) []float64 {
	all, ok := o.matrices[w]
	if !ok {
		all = &quant.Tensor{Format: w.Format, Experts: w.Experts, N: w.N, K: w.K}
		for e := range w.Experts {
			one, err := moe.Fetch(*w, e)
			if err != nil {
				o.t.Fatal(err)
			}
			for _, p := range one.Planes() {
				*all.Plane(p) = append(*all.Plane(p), *one.Plane(p)...)
			}
		}
		o.matrices[w] = all
	}
	t := all.Expert(matrix)
	out := make([]float64, t.N)
	for n := range out {
		for g := range t.K / t.Group {
			at := n*(t.K/t.Group) + g
			scale, bias := float64(t.Scale(at)), float64(t.Bias(at))
			for i := range t.Group {
				k := g*t.Group + i
				out[n] += (float64(code(t, n*t.K+k))*scale + bias) * x[k]
			}
		}
	}
	return out
}

// row is a row of a matrix.
func (o *oracle) row(w *kernels.Weights, n int) []float64 {
	one, err := moe.Fetch(w.Rows(n, 1), 0)
	if err != nil {
		o.t.Fatal(err)
	}
	out := make([]float64, one.K)
	for k := range out {
		g := k / one.Group
		out[k] = float64(code(one, k))*float64(one.Scale(g)) + float64(one.Bias(g))
	}
	return out
}

// code is one code of a stream of codes of Bits bits, the lowest bit first.
func code(t *quant.Tensor, i int) (q int) {
	for b := range t.Bits {
		bit := i*t.Bits + b
		q |= int(t.Packed[bit/8]>>(bit%8)&1) << b
	}
	return q
}

func (o *oracle) norm(x []float64, weight metal.Arg) []float64 {
	w, err := kernels.Download(weight, o.w.DType, len(x))
	if err != nil {
		o.t.Fatal(err)
	}
	var squares float64
	for _, v := range x {
		squares += v * v
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v / math.Sqrt(squares/float64(len(x))+o.w.Eps) * float64(w[i])
	}
	return out
}

// heads splits x into heads, which are normalised, where there is a weight, and rotated.
func (o *oracle) heads(x []float64, norm metal.Arg, position int) (out []float64) {
	d := o.w.HeadDim
	for head := range slices.Chunk(x, d) {
		if o.w.QKNorm {
			head = o.norm(head, norm)
		}
		turned := make([]float64, d)
		for i := range d / 2 {
			angle := float64(position) * math.Pow(o.w.Theta, -2*float64(i)/float64(d))
			re, im := head[i], head[i+d/2]
			turned[i], turned[i+d/2] = re*math.Cos(angle)-im*math.Sin(angle), re*math.Sin(angle)+im*math.Cos(angle)
		}
		out = append(out, turned...)
	}
	return out
}

func (o *oracle) attention(layer int, x []float64) []float64 {
	l, d := &o.w.Layers[layer], o.w.HeadDim
	position := len(o.keys[layer])
	q := o.heads(o.product(&l.Q, 0, x), l.QNorm, position)
	o.keys[layer] = append(o.keys[layer], o.heads(o.product(&l.K, 0, x), l.KNorm, position))
	o.values[layer] = append(o.values[layer], o.product(&l.V, 0, x))
	var attended []float64
	for h := range o.w.Heads {
		kv := h / (o.w.Heads / o.w.KV)
		weights, sum := make([]float64, position+1), 0.0
		for p := range weights {
			for i := range d {
				weights[p] += q[h*d+i] * o.keys[layer][p][kv*d+i]
			}
			weights[p] = math.Exp(weights[p] / math.Sqrt(float64(d)))
			sum += weights[p]
		}
		out := make([]float64, d)
		for p, weight := range weights {
			for i := range d {
				out[i] += weight / sum * o.values[layer][p][kv*d+i]
			}
		}
		attended = append(attended, out...)
	}
	return o.product(&l.O, 0, attended)
}

func (o *oracle) swiglu(gate, up, down *kernels.Weights, matrix int, x []float64) []float64 {
	g, u := o.product(gate, matrix, x), o.product(up, matrix, x)
	for i := range g {
		g[i] = g[i] / (1 + math.Exp(-g[i])) * u[i]
	}
	return o.product(down, matrix, g)
}

func (o *oracle) ffn(l *Layer, x []float64) []float64 {
	if o.w.Experts == nil {
		return o.swiglu(&l.Gate, &l.Up, &l.Down, 0, x)
	}
	logits := o.product(&l.Router, 0, x)
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if logits[a] > logits[b] {
			return -1
		}
		return 1
	})
	chosen, sum := order[:o.w.Experts.TopK], 0.0
	for _, e := range chosen {
		sum += math.Exp(logits[e])
	}
	out := make([]float64, len(x))
	for _, e := range chosen {
		for i, v := range o.swiglu(&l.Experts.Gate, &l.Experts.Up, &l.Experts.Down, e, x) {
			out[i] += math.Exp(logits[e]) / sum * v
		}
	}
	return out
}

// next takes one token through the model, and gives its logits.
func (o *oracle) next(token uint32) []float64 {
	h := o.row(&o.w.Embedding, int(token))
	for i := range o.w.Layers {
		l := &o.w.Layers[i]
		for j, v := range o.attention(i, o.norm(h, l.Before)) {
			h[j] += v
		}
		for j, v := range o.ffn(l, o.norm(h, l.Between)) {
			h[j] += v
		}
	}
	return o.product(&o.w.Head, 0, o.norm(h, o.w.Norm))
}
