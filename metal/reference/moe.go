package reference

import (
	"fmt"
	"math"
	"sort"

	"github.com/assay-bench/assay/metal/dtype"
)

// TopKGating picks each token's experts from logits[T,E]: softmax over all,
// the k largest probabilities, largest first (the lower index first of equals),
// renormalised to sum 1 when norm.
func TopKGating(logits []float32, experts, k int, norm bool) (indices []uint32, weights []float64, err error) {
	if experts < 1 || k < 1 || k > experts || len(logits)%experts != 0 {
		return nil, nil, fmt.Errorf("reference topk_gating: top %d of %d experts over %d logits", k, experts, len(logits))
	}
	for ; len(logits) > 0; logits = logits[experts:] {
		p := softmax(widen(logits[:experts]))
		order := make([]int, experts)
		for i := range order {
			order[i] = i
		}
		sort.SliceStable(order, func(a, b int) bool { return p[order[a]] > p[order[b]] })
		sum := 1.0
		if norm {
			sum = 0
			for _, e := range order[:k] {
				sum += p[e]
			}
		}
		for _, e := range order[:k] {
			indices = append(indices, uint32(e))
			weights = append(weights, p[e]/sum)
		}
	}
	return indices, weights, nil
}

// Combine is Σ_j weights[t,j]·y[t,j] without rounding: y[T,k,D], weights[T,k].
func Combine(y, weights []float32, k, d int) ([]float64, error) {
	out := make([]float64, len(weights)/max(k, 1)*d)
	return out, combine(y, weights, k, d, func(i int, w, y float32) { out[i] += float64(w) * float64(y) })
}

// CombineFMA is mode fp32 to the bit: experts are added in order, product and
// sum rounded once. Like the other two modes below it returns what a device of
// type dt stores.
func CombineFMA(y, weights []float32, k, d int, dt dtype.DType) ([]float32, error) {
	out := make([]float32, len(weights)/max(k, 1)*d)
	err := combine(y, weights, k, d, func(i int, w, y float32) { out[i] = fma32(w, y, out[i]) })
	return round(out, dt), err
}

// CombineNoFMA is mode fp32_no_fma: it rounds each product to float32 before adding it.
func CombineNoFMA(y, weights []float32, k, d int, dt dtype.DType) ([]float32, error) {
	out := make([]float32, len(weights)/max(k, 1)*d)
	err := combine(y, weights, k, d, func(i int, w, y float32) { out[i] += float32(w * y) })
	return round(out, dt), err
}

// CombineExact is mode exact: it rounds each product and each sum to dt.
func CombineExact(y, weights []float32, k, d int, dt dtype.DType) ([]float32, error) {
	out := make([]float32, len(weights)/max(k, 1)*d)
	err := combine(y, weights, k, d, func(i int, w, y float32) { out[i] = dt.Round(out[i] + dt.Round(float32(w*y))) })
	return out, err
}

func combine(y, weights []float32, k, d int, add func(i int, w, y float32)) error {
	if k < 1 || d < 1 || len(weights)%k != 0 {
		return fmt.Errorf("reference moe_combine: %d weights of top %d, rows of %d", len(weights), k, d)
	}
	if err := need("moe_combine", "y", len(y), len(weights)*d); err != nil {
		return err
	}
	for j, w := range weights {
		for c := range d {
			add(j/k*d+c, w, y[j*d+c])
		}
	}
	return nil
}

// fma32 is a·b+c rounded once to float32. The float64 product is exact; adding
// c to it may round, and rounding again could then err on a tie, so the sum is
// made sticky: its last bit is set when anything was lost ("round to odd").
func fma32(a, b, c float32) float32 {
	p, q := float64(a)*float64(b), float64(c)
	s := p + q
	t := s - p
	if lost := (p - (s - t)) + (q - t); lost != 0 && !math.IsInf(s, 0) && s == s {
		bits := math.Float64bits(s)
		if bits&1 == 0 {
			if (lost > 0) == (s > 0) {
				bits |= 1
			} else {
				bits-- // towards zero, where the last bit is set
			}
			s = math.Float64frombits(bits)
		}
	}
	return float32(s)
}

func round(v []float32, dt dtype.DType) []float32 {
	for i := range v {
		v[i] = dt.Round(v[i])
	}
	return v
}

func widen(v []float32) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = float64(v[i])
	}
	return out
}

func softmax(v []float64) []float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = max(top, x)
	}
	var sum float64
	for i, x := range v {
		v[i] = math.Exp(x - top)
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
	return v
}
