package moe

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

// A check computes few outputs in float64, each stage from what the stage
// before really wrote. At Qwen3's shape that is some milliseconds, and an error
// in any stage shows in its own check.
const (
	checkedPairs  = 3  // pairs of a token and an expert
	checkedTokens = 2  // tokens of the combined output
	checkedCols   = 12 // columns of each
)

// Verify holds what the last run left in the scratch and in io against the
// float64 reference: gating, gate_up, down_combine and, where there is one,
// shared. The seed picks the outputs to look at.
func (b *Block) Verify(l Layer, io IO, seed uint64) ([]sdk.Check, error) {
	gating, experts, err := b.VerifyGating(io.Logits)
	if err != nil {
		return nil, err
	}
	checks := []sdk.Check{gating}
	if !gating.Passed {
		return checks, nil // the rest would follow wrong experts
	}
	gateUp, err := b.VerifyGateUp(l, io.X, experts, seed)
	if err != nil {
		return nil, err
	}
	out, err := b.verifyOut(l, io, experts, seed)
	if err != nil {
		return nil, err
	}
	checks = append(checks, gateUp, out)
	if b.Shared > 0 {
		shared, err := b.verifyShared(l, io.X, seed)
		if err != nil {
			return nil, err
		}
		checks = append(checks, shared)
	}
	return checks, nil
}

// VerifyGating also returns the experts that the device chose, [T·k].
func (b *Block) VerifyGating(logits metal.Arg) (sdk.Check, []uint32, error) {
	read, err := kernels.Download(logits, b.DType, b.Tokens*b.Experts)
	if err != nil {
		return sdk.Check{}, nil, err
	}
	experts, err := kernels.DownloadUint32(b.indices, b.Tokens*b.TopK)
	if err != nil {
		return sdk.Check{}, nil, err
	}
	scores, err := kernels.Download(b.scores, b.DType, b.Tokens*b.TopK)
	if err != nil {
		return sdk.Check{}, nil, err
	}
	wantExperts, want, err := reference.TopKGating(read, b.Experts, b.TopK, true)
	if err != nil {
		return sdk.Check{}, nil, err
	}
	check := sdk.Below("gating", 0, reference.Tolerance(b.DType))
	got := make([]float32, 0, len(scores))
	for t := range b.Tokens {
		lo, hi := t*b.TopK, (t+1)*b.TopK
		theirs, ok := align(experts[lo:hi], scores[lo:hi], wantExperts[lo:hi])
		if !ok {
			return sdk.Check{
				Name: "gating", Value: math.Inf(1), Limit: check.Limit,
				Detail: fmt.Sprintf("token %d went to experts %v, want %v", t, experts[lo:hi], wantExperts[lo:hi]),
			}, experts, nil
		}
		got = append(got, theirs...)
	}
	return sdk.Below("gating", reference.MaxError(got, want), check.Limit), experts, nil
}

// align puts scores into the order of want; experts of equal probability may
// come in any order.
func align(experts []uint32, scores []float32, want []uint32) ([]float32, bool) {
	out := make([]float32, 0, len(want))
	for _, e := range want {
		i := slices.Index(experts, e)
		if i < 0 {
			return nil, false
		}
		out = append(out, scores[i])
	}
	return out, true
}

// VerifyGateUp checks h for some pairs, given the experts chosen.
func (b *Block) VerifyGateUp(l Layer, x metal.Arg, experts []uint32, seed uint64) (sdk.Check, error) {
	pick := reference.Sample(seed, len(experts), b.Inter, checkedPairs, checkedCols)
	return b.compare("gate_up", b.h, b.Inter, pick, len(experts), func(pair int) ([]float64, error) {
		input, err := kernels.Download(kernels.Slice(x, pair/b.TopK, b.Hidden, b.DType.Size()), b.DType, b.Hidden)
		if err != nil {
			return nil, err
		}
		gate, up, err := fetchPair(l.Gate, l.Up, int(experts[pair]))
		if err != nil {
			return nil, err
		}
		return reference.QMMSwiglu(reference.MatMul(input, 1), gate, up, reference.Subset{Cols: pick.Cols})
	})
}

// VerifyDown checks the uncombined down projection of some pairs.
func (b *Block) VerifyDown(l Layer, experts []uint32, seed uint64) (sdk.Check, error) {
	pick := reference.Sample(seed, len(experts), b.Hidden, checkedPairs, checkedCols)
	return b.compare("down", b.down, b.Hidden, pick, len(experts), func(pair int) ([]float64, error) {
		h, err := kernels.Download(kernels.Slice(b.h, pair, b.Inter, b.DType.Size()), b.DType, b.Inter)
		if err != nil {
			return nil, err
		}
		down, err := Fetch(l.Down, int(experts[pair]))
		if err != nil {
			return nil, err
		}
		return reference.QMM(reference.MatMul(h, 1), down, reference.Subset{Cols: pick.Cols})
	})
}

// verifyShared checks the shared expert's h for some tokens.
func (b *Block) verifyShared(l Layer, x metal.Arg, seed uint64) (sdk.Check, error) {
	n := b.Shared * b.Inter
	pick := reference.Sample(seed, b.Tokens, n, checkedTokens, checkedCols)
	return b.compare("shared", b.sharedH, n, pick, b.Tokens, func(t int) ([]float64, error) {
		input, err := kernels.Download(kernels.Slice(x, t, b.Hidden, b.DType.Size()), b.DType, b.Hidden)
		if err != nil {
			return nil, err
		}
		gate, up, err := fetchPair(l.SharedGate, l.SharedUp, 0)
		if err != nil {
			return nil, err
		}
		return reference.QMMSwiglu(reference.MatMul(input, 1), gate, up, reference.Subset{Cols: pick.Cols})
	})
}

func (b *Block) verifyOut(l Layer, io IO, experts []uint32, seed uint64) (sdk.Check, error) {
	pick := reference.Sample(seed, b.Tokens, b.Hidden, checkedTokens, checkedCols)
	return b.compare("down_combine", io.Out, b.Hidden, pick, b.Tokens, func(t int) ([]float64, error) {
		scores, err := kernels.Download(kernels.Slice(b.scores, t, b.TopK, b.DType.Size()), b.DType, b.TopK)
		if err != nil {
			return nil, err
		}
		sum := make([]float64, len(pick.Cols))
		if pick.Cols == nil {
			sum = make([]float64, b.Hidden)
		}
		add := func(h metal.Arg, k int, w kernels.Weights, expert int, score float32) error {
			values, err := kernels.Download(h, b.DType, k)
			if err != nil {
				return err
			}
			down, err := Fetch(w, expert)
			if err != nil {
				return err
			}
			part, err := reference.QMMCombine(values, []uint32{0}, []float32{score}, 1, down, reference.Subset{Cols: pick.Cols})
			for i, v := range part {
				sum[i] += v
			}
			return err
		}
		for j := range b.TopK {
			pair := t*b.TopK + j
			if err := add(kernels.Slice(b.h, pair, b.Inter, b.DType.Size()), b.Inter, l.Down, int(experts[pair]), scores[j]); err != nil {
				return nil, err
			}
		}
		if n := b.Shared * b.Inter; n > 0 {
			if err := add(kernels.Slice(b.sharedH, t, n, b.DType.Size()), n, l.SharedDown, 0, 1); err != nil {
				return nil, err
			}
		}
		return sum, nil
	})
}

// compare holds picked rows of a result [m, n] against want, row by row.
func (b *Block) compare(name string, result metal.Arg, n int, pick reference.Subset, m int, want func(row int) ([]float64, error)) (sdk.Check, error) {
	rows := pick.Rows
	if rows == nil {
		rows = make([]int, m)
		for i := range rows {
			rows[i] = i
		}
	}
	var got []float32
	var ref []float64
	for _, r := range rows {
		row, err := kernels.Download(kernels.Slice(result, r, n, b.DType.Size()), b.DType, n)
		if err != nil {
			return sdk.Check{}, err
		}
		picked, err := reference.Subset{Cols: pick.Cols}.Of(row, 1, n)
		if err != nil {
			return sdk.Check{}, err
		}
		w, err := want(r)
		if err != nil {
			return sdk.Check{}, fmt.Errorf("reference for %s: %w", name, err)
		}
		got, ref = append(got, picked...), append(ref, w...)
	}
	c := sdk.Below(name, reference.MaxError(got, ref), b.tolerance())
	c.Detail = fmt.Sprintf("%d outputs of [%d,%d]", len(ref), m, n)
	return c, nil
}

// tolerance of a stage. Its float32 form leaves room for the order of a sum
// over thousands of products.
func (b *Block) tolerance() float64 { return max(reference.Tolerance(b.DType), 1e-4) }

// Fetch brings one expert's matrix to the host, without a copy where memory is shared.
func Fetch(w kernels.Weights, expert int) (*quant.Tensor, error) {
	if expert < 0 || expert >= w.Experts {
		return nil, fmt.Errorf("expert %d of %d", expert, w.Experts)
	}
	one := w.Expert(expert)
	t := &quant.Tensor{Format: w.Format, Experts: 1, N: w.N, K: w.K}
	for _, p := range w.Planes() {
		from, to, n := one.Plane(p), t.Plane(p), w.N*w.PlaneBytes(p, w.K)
		if shared := from.Buffer.Bytes(); shared != nil {
			*to = shared[from.Offset:][:n]
			continue
		}
		*to = make([]byte, n)
		if err := from.Buffer.Read(from.Offset, *to); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func fetchPair(gate, up kernels.Weights, expert int) (g, u *quant.Tensor, err error) {
	if g, err = Fetch(gate, expert); err == nil {
		u, err = Fetch(up, expert)
	}
	return g, u, err
}
