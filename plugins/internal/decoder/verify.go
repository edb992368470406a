package decoder

import (
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/reference"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Outputs are the numbers that checks read and timing must have written.
func (p *Pass) Outputs() []metal.Arg {
	out := []metal.Arg{p.h, p.out, p.attended}
	if p.Block != nil {
		out = append(out, p.Block.Outputs()...)
	}
	if p.Inner > 0 {
		out = append(out, p.inner)
	}
	return out
}

// Outputs are those of a step.
func (d *Decode) Outputs() []metal.Arg { return append(d.Pass.Outputs(), d.final, d.logits) }

// Verify holds what the last run left of the last layer against the float64
// reference: its attention and its FFN. at is the position of the run's first token;
// the seed picks the outputs to look at.
func (p *Pass) Verify(at int, seed uint64) ([]sdk.Check, error) {
	attention, err := p.verifyAttention(at, seed)
	if err != nil {
		return nil, err
	}
	last := &p.Layers[len(p.Layers)-1]
	var ffn []sdk.Check
	if p.sparse(len(p.Layers) - 1) {
		ffn, err = p.Block.Verify(last.Experts, p.io(), seed)
	} else {
		ffn, err = p.verifyDense(last, seed)
	}
	return append([]sdk.Check{attention}, ffn...), err
}

// tolerance leaves room for the order of a sum over thousands of products in float32.
func (p *Pass) tolerance() float64 { return max(reference.Tolerance(p.DType), 1e-4) }

func (p *Pass) rows(a metal.Arg, first, n, width int) ([]float32, error) {
	return kernels.Download(kernels.Slice(a, first, width, p.DType.Size()), p.DType, n*width)
}

// verifyAttention looks at the last token's query heads of one head of the cache.
func (p *Pass) verifyAttention(at int, seed uint64) (sdk.Check, error) {
	group, kv, token := p.Heads/p.KV, int(seed%uint64(p.KV)), p.Tokens-1
	layer, seen := len(p.Layers)-1, at+token+1
	q, err := p.rows(p.ropeQ, token*p.Heads+kv*group, group, p.HeadDim)
	if err != nil {
		return sdk.Check{}, err
	}
	k, err := p.rows(p.cache.keys[layer], kv*p.cache.Positions, seen, p.HeadDim)
	if err != nil {
		return sdk.Check{}, err
	}
	v, err := p.rows(p.cache.values[layer], kv*p.cache.Positions, seen, p.HeadDim)
	if err != nil {
		return sdk.Check{}, err
	}
	got, err := p.rows(p.attended, token*p.Heads+kv*group, group, p.HeadDim)
	if err != nil {
		return sdk.Check{}, err
	}
	want, err := reference.SDPA(reference.Attention{
		Q: q, K: k, V: v, M: 1, H: group, KV: 1, D: p.HeadDim, Stride: seen, At: seen - 1, Scale: float64(p.scale()),
	})
	if err != nil {
		return sdk.Check{}, err
	}
	c := sdk.Below("attention", reference.MaxError(got, want), p.tolerance())
	c.Detail = fmt.Sprintf("%d heads over %d positions", group, seen)
	return c, nil
}

// verifyDense looks at some outputs of a dense FFN, from its own inner ones.
func (p *Pass) verifyDense(l *Layer, seed uint64) ([]sdk.Check, error) {
	x, err := p.rows(p.normed, 0, p.Tokens, p.Hidden)
	if err != nil {
		return nil, err
	}
	inner, err := p.rows(p.inner, 0, p.Tokens, p.Inner)
	if err != nil {
		return nil, err
	}
	out, err := p.rows(p.out, 0, p.Tokens, p.Hidden)
	if err != nil {
		return nil, err
	}
	gate, err := moe.Fetch(l.Gate, 0)
	if err != nil {
		return nil, err
	}
	up, err := moe.Fetch(l.Up, 0)
	if err != nil {
		return nil, err
	}
	down, err := moe.Fetch(l.Down, 0)
	if err != nil {
		return nil, err
	}
	const tokens, columns = 2, 12
	pick := reference.Sample(seed, p.Tokens, p.Inner, tokens, columns)
	want, err := reference.QMMSwiglu(reference.MatMul(x, p.Tokens), gate, up, pick)
	if err != nil {
		return nil, err
	}
	first, err := p.below("gate_up", inner, p.Inner, pick, want)
	if err != nil {
		return nil, err
	}
	pick = reference.Sample(seed, p.Tokens, p.Hidden, tokens, columns)
	if want, err = reference.QMM(reference.MatMul(inner, p.Tokens), down, pick); err != nil {
		return nil, err
	}
	second, err := p.below("down", out, p.Hidden, pick, want)
	return []sdk.Check{first, second}, err
}

// below compares picked outputs of whole[T,n].
func (p *Pass) below(name string, whole []float32, n int, pick reference.Subset, want []float64) (sdk.Check, error) {
	got, err := pick.Of(whole, p.Tokens, n)
	c := sdk.Below(name, reference.MaxError(got, want), p.tolerance())
	c.Detail = fmt.Sprintf("%d outputs of [%d,%d]", len(want), p.Tokens, n)
	return c, err
}

// Verify holds what the last step left against the reference: the last layer, the head
// and the choice of the token.
func (d *Decode) Verify(seed uint64) ([]sdk.Check, error) {
	next, err := kernels.DownloadUint32(d.at, 1)
	if err != nil {
		return nil, err
	}
	at := int(next[0]) - 1
	if at < d.First {
		at = d.First + d.Steps - 1
	}
	checks, err := d.Pass.Verify(at, seed)
	if err != nil {
		return nil, err
	}
	final, err := d.rows(d.final, 0, 1, d.Hidden)
	if err != nil {
		return nil, err
	}
	logits, err := d.rows(d.logits, 0, 1, d.Vocab)
	if err != nil {
		return nil, err
	}
	ids, err := kernels.DownloadUint32(d.ids, 1)
	if err != nil {
		return nil, err
	}
	head, err := moe.Fetch(d.Head, 0)
	if err != nil {
		return nil, err
	}
	pick := reference.Sample(seed, 1, d.Vocab, 1, 24)
	want, err := reference.QMM(reference.MatMul(final, 1), head, pick)
	if err != nil {
		return nil, err
	}
	check, err := d.below("head", logits, d.Vocab, pick, want)
	if err != nil {
		return nil, err
	}
	largest, err := reference.Argmax(logits, d.Vocab)
	if err != nil {
		return nil, err
	}
	wrong := 0.0
	if largest[0] != ids[0] {
		wrong = 1
	}
	return append(checks, check, sdk.Below("argmax", wrong, 0)), nil
}
