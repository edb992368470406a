package reference

import (
	"fmt"
	"math"
)

// Softmax of each row of x[M,D].
func Softmax(x []float32, d int) ([]float64, error) {
	if err := rows("softmax", x, d); err != nil {
		return nil, err
	}
	out := make([]float64, 0, len(x))
	for ; len(x) > 0; x = x[d:] {
		out = append(out, softmax(widen(x[:d]))...)
	}
	return out, nil
}

// RMSNorm is x/√(mean(x²)+eps)·weight of each row of x[M,D].
func RMSNorm(x, weight []float32, eps float64) ([]float64, error) {
	d := len(weight)
	if err := rows("rms_norm", x, d); err != nil {
		return nil, err
	}
	out := make([]float64, 0, len(x))
	for ; len(x) > 0; x = x[d:] {
		var squares float64
		for _, v := range x[:d] {
			squares += float64(v) * float64(v)
		}
		inverse := 1 / math.Sqrt(squares/float64(d)+eps)
		for i, v := range x[:d] {
			out = append(out, float64(v)*inverse*float64(weight[i]))
		}
	}
	return out, nil
}

// Rope rotates pairs (i, i+D/2) of x[M,H,D] by scale·(at+m)·base^(−2i/D).
func Rope(x []float32, h, d, at int, base, scale float64) ([]float64, error) {
	if h < 1 || d < 2 || d%2 != 0 || len(x)%(h*d) != 0 {
		return nil, fmt.Errorf("reference rope: %d values of %d heads × %d dimensions", len(x), h, d)
	}
	out := make([]float64, len(x))
	for row := range len(x) / d {
		position := scale * float64(at+row/h)
		for i := range d / 2 {
			sin, cos := math.Sincos(position * math.Pow(base, -2*float64(i)/float64(d)))
			a, b := float64(x[row*d+i]), float64(x[row*d+i+d/2])
			out[row*d+i] = a*cos - b*sin
			out[row*d+i+d/2] = a*sin + b*cos
		}
	}
	return out, nil
}

// Attention describes sdpa's operands: M query tokens from position At on, Q[M,H,D],
// K and V [KV,Stride,D].
type Attention struct {
	Q, K, V                 []float32
	M, H, KV, D, Stride, At int
	Scale                   float64
}

// SDPA is softmax(scale·q·Kᵀ)·V over the positions 0 to At+m, query head h reading KV
// head h/(H/KV): out[M,H,D].
func SDPA(a Attention) ([]float64, error) {
	if a.M < 1 || a.H < 1 || a.KV < 1 || a.H%a.KV != 0 || a.D < 1 || a.At < 0 || a.At+a.M > a.Stride ||
		len(a.Q) < a.M*a.H*a.D || min(len(a.K), len(a.V)) < a.KV*a.Stride*a.D {
		return nil, fmt.Errorf("reference sdpa: q %d, k %d, v %d values for M %d H %d KV %d D %d at %d of %d",
			len(a.Q), len(a.K), len(a.V), a.M, a.H, a.KV, a.D, a.At, a.Stride)
	}
	out := make([]float64, a.M*a.H*a.D)
	for row := range a.M * a.H {
		cache := row % a.H / (a.H / a.KV) * a.Stride * a.D
		scores := make([]float64, a.At+row/a.H+1)
		for l := range scores {
			for i := range a.D {
				scores[l] += a.Scale * float64(a.Q[row*a.D+i]) * float64(a.K[cache+l*a.D+i])
			}
		}
		for l, p := range softmax(scores) {
			for i := range a.D {
				out[row*a.D+i] += p * float64(a.V[cache+l*a.D+i])
			}
		}
	}
	return out, nil
}

// Add is a + b.
func Add(a, b []float32) ([]float64, error) {
	if err := need("add", "b", len(b), len(a)); err != nil {
		return nil, err
	}
	out := make([]float64, len(a))
	for i := range out {
		out[i] = float64(a[i]) + float64(b[i])
	}
	return out, nil
}

// Argmax is the index of each row's largest element, the first of equals.
func Argmax(x []float32, d int) ([]uint32, error) {
	if err := rows("argmax", x, d); err != nil {
		return nil, err
	}
	var out []uint32
	for ; len(x) > 0; x = x[d:] {
		best := 0
		for i, v := range x[:d] {
			if v > x[best] {
				best = i
			}
		}
		out = append(out, uint32(best))
	}
	return out, nil
}

func rows(op string, x []float32, d int) error {
	if d < 1 || len(x) == 0 || len(x)%d != 0 {
		return fmt.Errorf("reference %s: %d values in rows of %d", op, len(x), d)
	}
	return nil
}
