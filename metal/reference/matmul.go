package reference

import (
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// weight is one element by definition: what its code, read bit by bit from the
// row's stream, stands for, times its group's scale plus its group's bias.
func weight(w *quant.Tensor, row, k int) float64 {
	scale, bias := group(w, row, k)
	return float64(w.Value(uint8(code(w, row, k))))*scale + bias
}

func code(w *quant.Tensor, row, k int) int {
	bit := (row*w.K + k) * w.Bits
	q := int(w.Packed[bit/8]) >> (bit % 8)
	if bit%8+w.Bits > 8 {
		q |= int(w.Packed[bit/8+1]) << (8 - bit%8)
	}
	return q & (1<<w.Bits - 1)
}

func group(w *quant.Tensor, row, k int) (scale, bias float64) {
	g := (row*w.K + k) / w.Group
	return float64(w.Scale(g)), float64(w.Bias(g))
}

// dot is x · W[row].
func dot(x []float32, w *quant.Tensor, row int) float64 {
	var sum float64
	for k, v := range x {
		sum += float64(v) * weight(w, row, k)
	}
	return sum
}

// Gather describes gather_qmm's operands: X[R,M,K] with R = len(X)/(M·K), and
// for pair p the input X[LHS[p]] and the expert RHS[p]. Nil LHS means pair p
// reads input p.
type Gather struct {
	X        []float32
	M        int
	LHS, RHS []uint32
}

// MatMul makes a plain x[M,K]·Wᵀ a gather of one pair.
func MatMul(x []float32, m int) Gather { return Gather{X: x, M: m, LHS: []uint32{0}, RHS: []uint32{0}} }

// QMM is gather_qmm, and quantized_matmul through MatMul: y[P·M,N].
func QMM(g Gather, w *quant.Tensor, pick Subset) ([]float64, error) {
	return g.each("gather_qmm", pick, func(x []float32, row int) float64 { return dot(x, w, row) }, w)
}

// QMMSwiglu is gather_qmm_swiglu: silu(gate)·up, neither rounded on the way.
func QMMSwiglu(g Gather, gate, up *quant.Tensor, pick Subset) ([]float64, error) {
	return g.each("gather_qmm_swiglu", pick, func(x []float32, row int) float64 {
		return silu(dot(x, gate, row)) * dot(x, up, row)
	}, gate, up)
}

// each computes every picked output: f of the input row and the weight row,
// which counts over all experts.
func (g Gather) each(op string, pick Subset, f func(x []float32, row int) float64, weights ...*quant.Tensor) ([]float64, error) {
	w := weights[0]
	for _, other := range weights {
		if err := other.Check(); err != nil {
			return nil, fmt.Errorf("reference %s: %w", op, err)
		}
		if other.Experts != w.Experts || other.N != w.N || other.K != w.K {
			return nil, fmt.Errorf("reference %s: weights [%d,%d,%d] and [%d,%d,%d] differ", op, w.Experts, w.N, w.K, other.Experts, other.N, other.K)
		}
	}
	if g.M < 1 || len(g.X) == 0 || len(g.X)%(g.M*w.K) != 0 {
		return nil, fmt.Errorf("reference %s: x has %d values, want a multiple of %d × %d", op, len(g.X), g.M, w.K)
	}
	if g.LHS != nil && len(g.LHS) != len(g.RHS) {
		return nil, fmt.Errorf("reference %s: %d lhs and %d rhs indices", op, len(g.LHS), len(g.RHS))
	}
	rows, cols, err := pick.lists(len(g.RHS)*g.M, w.N)
	if err != nil {
		return nil, err
	}
	inputs := len(g.X) / (g.M * w.K)
	out := make([]float64, 0, len(rows)*len(cols))
	for _, r := range rows {
		pair, m := r/g.M, r%g.M
		input := pair
		if g.LHS != nil {
			input = int(g.LHS[pair])
		}
		expert := int(g.RHS[pair])
		if input >= inputs || expert >= w.Experts {
			return nil, fmt.Errorf("reference %s: pair %d is input %d of %d and expert %d of %d", op, pair, input, inputs, expert, w.Experts)
		}
		x := g.X[(input*g.M+m)*w.K:][:w.K]
		for _, c := range cols {
			out = append(out, f(x, expert*w.N+c))
		}
	}
	return out, nil
}

// QMMCombine is gather_qmm_combine without rounding: h[T,k,K], experts[T,k],
// scores[T,k] give out[T,N].
func QMMCombine(h []float32, experts []uint32, scores []float32, topK int, down *quant.Tensor, pick Subset) ([]float64, error) {
	const op = "gather_qmm_combine"
	if err := down.Check(); err != nil {
		return nil, fmt.Errorf("reference %s: %w", op, err)
	}
	if topK < 1 || len(experts)%topK != 0 {
		return nil, fmt.Errorf("reference %s: %d experts are not a multiple of top-k %d", op, len(experts), topK)
	}
	if err := need(op, "scores", len(scores), len(experts)); err != nil {
		return nil, err
	}
	if err := need(op, "h", len(h), len(experts)*down.K); err != nil {
		return nil, err
	}
	rows, cols, err := pick.lists(len(experts)/topK, down.N)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, len(rows)*len(cols))
	for _, t := range rows {
		for _, c := range cols {
			var sum float64
			for j := t * topK; j < (t+1)*topK; j++ {
				if int(experts[j]) >= down.Experts {
					return nil, fmt.Errorf("reference %s: expert %d of %d", op, experts[j], down.Experts)
				}
				sum += float64(scores[j]) * dot(h[j*down.K:][:down.K], down, int(experts[j])*down.N+c)
			}
			out = append(out, sum)
		}
	}
	return out, nil
}

// Embedding is the dequantized rows ids of the table: y[M,D].
func Embedding(ids []uint32, w *quant.Tensor) ([]float64, error) {
	if err := w.Check(); err != nil {
		return nil, fmt.Errorf("reference embedding: %w", err)
	}
	out := make([]float64, 0, len(ids)*w.K)
	for _, id := range ids {
		if int(id) >= w.N {
			return nil, fmt.Errorf("reference embedding: id %d of %d", id, w.N)
		}
		for k := range w.K {
			out = append(out, weight(w, int(id), k))
		}
	}
	return out, nil
}

// Progressive is progressive_swiglu's outcome.
type Progressive struct {
	Y       []float64 // picked rows × columns
	Refined []bool    // where pass 2 ran
	Bound   []float64 // the larger of the two projections' bounds Σ|x|·|scale|·max_low
}

// ProgressiveSwiglu is SLIME: x[M,K]. Pass 1 takes each code without its low
// bits (all but the high 2); where either bound exceeds epsilon, all bits count.
// A negative epsilon never refines.
func ProgressiveSwiglu(x []float32, m int, gate, up *quant.Tensor, epsilon float64, pick Subset) (Progressive, error) {
	var p Progressive
	low := 1<<(gate.Bits-2) - 1
	y, err := MatMul(x, m).each("progressive_swiglu", pick, func(x []float32, row int) float64 {
		bound := max(slimeBound(x, gate, row, low), slimeBound(x, up, row, low))
		refine := epsilon >= 0 && bound > epsilon
		p.Bound, p.Refined = append(p.Bound, bound), append(p.Refined, refine)
		mask := ^low
		if refine {
			mask = -1
		}
		return silu(maskedDot(x, gate, row, mask)) * maskedDot(x, up, row, mask)
	}, gate, up)
	p.Y = y
	return p, err
}

func slimeBound(x []float32, w *quant.Tensor, row, low int) float64 {
	var sum float64
	for k, v := range x {
		scale, _ := group(w, row, k)
		sum += math.Abs(float64(v)) * math.Abs(scale) * float64(low)
	}
	return sum
}

func maskedDot(x []float32, w *quant.Tensor, row, mask int) float64 {
	var sum float64
	for k, v := range x {
		scale, bias := group(w, row, k)
		sum += float64(v) * (float64(code(w, row, k)&mask)*scale + bias)
	}
	return sum
}

func silu(g float64) float64 { return g / (1 + math.Exp(-g)) }

// Swiglu is silu(gate)·up, element by element.
func Swiglu(gate, up []float32) ([]float64, error) {
	if err := need("swiglu", "up", len(up), len(gate)); err != nil {
		return nil, err
	}
	out := make([]float64, len(gate))
	for i := range out {
		out[i] = silu(float64(gate[i])) * float64(up[i])
	}
	return out, nil
}

// Round stores values as dt would, which is how one op's result becomes the
// next one's input.
func Round(values []float64, dt dtype.DType) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = dt.Round(float32(v))
	}
	return out
}
