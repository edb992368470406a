package decoder

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

// Metrics that decode has.
func Metrics() []sdk.Metric {
	return []sdk.Metric{
		{Name: "first_divergence", Unit: "tok", Doc: "greedy tokens of a model before the first that the unfused one does not choose; fidelity_tokens where all are the same", Better: sdk.BetterHigher},
		{Name: "logit_error", Doc: "distance of a model's first logits from the unfused one's, relative to their length", Better: sdk.BetterLower},
		{Name: "logit_kl", Unit: "nat", Doc: "Kullback-Leibler divergence of a model's first token from the unfused one's", Better: sdk.BetterLower},
	}
}

// baseline is what the unfused model decodes, once per process.
func (e *prepared[C]) baseline(ctx context.Context, c *Cache) (g Greedy, err error) {
	if e.Fidelity == 0 {
		return g, nil
	}
	unfused := Form{Form: moe.Form{Combine: e.Combine}}
	key, err := json.Marshal(struct {
		Question Question
		Form     Form
		Seed     uint64
	}{e.Question, unfused, e.Seed})
	if err != nil {
		return g, err
	}
	if g, ok := e.shared.greedy[string(key)]; ok {
		return g, nil
	}
	d, err := e.newDecode(c, unfused)
	if err != nil {
		return g, err
	}
	program, err := kernels.Replay(e.Device, 1, func(int) ([]metal.Dispatch, error) { return d.Ops() })
	if err != nil {
		return g, err
	}
	defer program.Release()
	if g, err = d.Greedy(ctx, program, e.Fidelity); err == nil {
		if e.shared.greedy == nil {
			e.shared.greedy = map[string]Greedy{}
		}
		e.shared.greedy[string(key)] = g
	}
	return g, err
}

// exact says that all forms give the same tokens: in 16 bits rounding alone may turn
// one, and with it all that follow.
func (e *prepared[C]) exact() bool { return e.weights.DType == dtype.F32 }

// say makes tokens and logits known to the host, which compares arms of other plugins
// and devices by them.
func (e *prepared[C]) say(ctx context.Context, d *Decode, program metal.Program) error {
	g, err := d.Greedy(ctx, program, e.Fidelity)
	if err != nil {
		return err
	}
	if e.exact() {
		e.made.Outputs["tokens"] = strings.Trim(fmt.Sprint(g.Tokens), "[]")
	}
	e.made.Numbers["logits"] = sdk.Numbers{Values: moe.Sketch(e.Seed, g.Logits[0]), Tolerance: e.LogitTolerance}
	return nil
}

// fidelity holds tokens and first logits against the unfused model's.
func (e *prepared[C]) fidelity(got, want Greedy) ([]sdk.Check, map[string]float64) {
	same, first := 0, len(want.Tokens)
	for i, token := range want.Tokens {
		if got.Tokens[i] == token {
			same++
		} else {
			first = min(first, i)
		}
	}
	off, kl := distance(got.Logits[0], want.Logits[0])
	logits := sdk.Below("logits", off, e.LogitTolerance)
	logits.Fidelity = true
	logits.Detail = fmt.Sprintf("%d of the first token", len(want.Logits[0]))
	checks := []sdk.Check{logits}
	if e.exact() {
		tokens := sdk.Below("tokens", float64(len(want.Tokens)-same), 0)
		tokens.Fidelity = true
		tokens.Detail = fmt.Sprintf("%d/%d identical", same, len(want.Tokens))
		if first < len(want.Tokens) {
			tokens.Detail += fmt.Sprintf(", the first difference at %d", first)
		}
		checks = append(checks, tokens)
	}
	return checks, map[string]float64{"first_divergence": float64(first), "logit_error": off, "logit_kl": kl}
}

// distance of logits, relative to the longer of the two, and how far the first one's
// distribution of tokens diverges from the second one's.
func distance(got, want []float32) (off, kl float64) {
	var between, mine, theirs float64
	p, q := logSoftmax(got), logSoftmax(want)
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		between += (g - w) * (g - w)
		mine, theirs = mine+g*g, theirs+w*w
		kl += math.Exp(q[i]) * (q[i] - p[i])
	}
	return math.Sqrt(between / max(mine, theirs)), max(kl, 0)
}

func logSoftmax(x []float32) []float64 {
	top := float64(x[0])
	for _, v := range x {
		top = max(top, float64(v))
	}
	var sum float64
	out := make([]float64, len(x))
	for _, v := range x {
		sum += math.Exp(float64(v) - top)
	}
	for i, v := range x {
		out[i] = float64(v) - top - math.Log(sum)
	}
	return out
}
