package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/child"
)

const (
	excerptRunes = 80
	idleLimit    = 0.05 // cores
)

// outputs are the texts that the server gave to the prompts as they are.
type outputs struct {
	texts   []string
	ids     [][]int64 // nil: not known of every one
	pieces  []int
	differs []int  // prompts that got another text the second time
	counted string // where counts of tokens came from
}

func (o *outputs) same() bool { return len(o.differs) == 0 }

// rehearse asks every prompt as it will be timed, and then in one piece, with
// token ids where the server gives them: for fidelity, for what the stream does
// not tell, and as the warm-up.
func (x *configuration) rehearse(ctx context.Context) error {
	o := &x.outputs
	allIDs := true
	for i := range x.prompts {
		p := &x.prompts[i]
		x.Progress("outputs", float64(i)/float64(len(x.prompts)))
		a, err := x.ask(ctx, p, asking{tokens: x.MaxTokens, stream: true, afresh: true})
		if err != nil {
			return x.refused(err, fmt.Sprintf("prompt %d", i+1))
		}
		b, err := x.again(ctx, p)
		if err != nil {
			return x.refused(err, fmt.Sprintf("prompt %d, the second time", i+1))
		}
		o.texts, o.pieces = append(o.texts, string(a.output)), append(o.pieces, a.pieces)
		if string(a.output) != string(b.output) {
			allIDs = false // they are of another text
			// Servers write the same text in another way where it is whole.
			c, err := x.ask(ctx, p, asking{tokens: x.MaxTokens, stream: true, afresh: true})
			if err != nil {
				return x.refused(err, fmt.Sprintf("prompt %d, the third time", i+1))
			}
			if string(a.output) != string(c.output) {
				o.differs = append(o.differs, i)
			}
		}
		allIDs = allIDs && len(b.ids) > 0
		o.ids = append(o.ids, b.ids)
		if err := x.count(p, &a, &b); err != nil {
			return err
		}
	}
	if !allIDs {
		o.ids = nil
	}
	if !o.same() {
		x.prepared.Warnings = append(x.prepared.Warnings, fault("", "not_deterministic", "the same prompt did not get the same text twice",
			fmt.Sprintf("%d of %d prompts, decoded greedily. A difference between arms may then mean nothing.", len(o.differs), len(x.prompts))))
	}
	return nil
}

// again asks without a stream; a server that refuses token ids is asked without.
func (x *configuration) again(ctx context.Context, p *prompt) (answer, error) {
	a, err := x.ask(ctx, p, asking{tokens: x.MaxTokens, ids: true, afresh: true})
	if _, refused := err.(*serverError); refused { //nolint:errorlint // post returns it as it is
		return x.ask(ctx, p, asking{tokens: x.MaxTokens, afresh: true})
	}
	return a, err
}

// count keeps the numbers of tokens, the stream's own if it tells.
func (x *configuration) count(p *prompt, stream, whole *answer) error {
	o := &x.outputs
	source := "usage in the stream"
	switch {
	case stream.timed:
		source = "timings in the stream"
	case !stream.completion.known && whole.completion.known:
		source = "usage of the same request without a stream"
	case !stream.completion.known:
		source = ""
	}
	p.promptTokens = known(stream.prompted, whole.prompted.n)
	p.outputTokens = known(stream.completion, whole.completion.n)
	o.counted = source
	if source == "" && (slices.Contains(x.Phases, decode) || slices.Contains(x.Phases, prefill)) {
		return fault("", "no_usage", "tokens are not counted",
			"the server's answers hold neither usage nor timings, streamed or not, and pieces of a stream are no tokens. Only ttft can be measured: measure { phases = [\"ttft\"] }")
	}
	if slices.Contains(x.Phases, decode) {
		if err := timeable(stream, p.outputTokens); err != nil && !errors.Is(err, errAtOnce) {
			return fault("", "no_decode", "decode cannot be measured", fmt.Sprintf("prompt %d: %v", p.index+1, err))
		}
	}
	return nil
}

// digests let the host hold the arms against each other. An arm that does not
// agree with itself has none: nothing would follow from a difference.
func (o *outputs) digests() map[string]string {
	if !o.same() {
		return nil
	}
	out := map[string]string{"text": digest(o.texts)}
	if o.ids != nil {
		out["tokens"] = digest(o.ids)
	}
	return out
}

// facts say what is compared, and show the beginning of it.
func (o *outputs) facts(into map[string]string) {
	into["compared"] = "text"
	switch {
	case !o.same():
		into["compared"] = "nothing: the same prompt did not get the same text twice"
	case o.ids != nil:
		into["compared"] = "text and token ids"
	}
	into["output"] = excerpt(o.texts[0])
	if o.counted != "" {
		into["tokens counted by"] = o.counted
	}
}

func digest(v any) string {
	data, _ := json.Marshal(v) // strings and numbers always can be
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func excerpt(s string) string {
	if r := []rune(s); len(r) > excerptRunes {
		return escaped(string(r[:excerptRunes])) + " …"
	}
	return escaped(s)
}

// check asks again: every prompt still gets an answer. That it is the
// one from before timing is a metric: what a server has in its cache and
// computes at once changes the order of its sums, and rightly so.
func (x *configuration) check(ctx context.Context) ([]sdk.Check, map[string]float64, error) {
	stop := keepAlive(ctx)
	defer stop()
	same, empty := 0, 0
	for i := range x.prompts {
		a, err := x.ask(ctx, &x.prompts[i], asking{tokens: x.MaxTokens, stream: true, afresh: true})
		if err != nil {
			return nil, nil, x.failed(err)
		}
		switch {
		case string(a.output) == x.outputs.texts[i]:
			same++
		case len(a.output) == 0:
			empty++
		}
	}
	metrics := map[string]float64{"deterministic": 0}
	if same == len(x.prompts) && x.outputs.same() {
		metrics["deterministic"] = 1
	}
	c := sdk.Below("answers", float64(empty), 0)
	c.Detail = fmt.Sprintf("%d/%d texts as before timing, %d empty", same, len(x.prompts), empty)
	return []sdk.Check{c}, metrics, nil
}

// idle measures what the server uses without a request, after the last one's
// work is done.
func (x *configuration) idle(ctx context.Context) error {
	if x.process() == nil {
		return nil
	}
	x.Progress("idle", 0)
	before, err := x.process().Usage(ctx)
	if err != nil {
		return x.unread(err)
	}
	begin := time.Now()
	select {
	case <-time.After(idleWindow):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := x.process().Usage(ctx)
	if err != nil {
		return x.unread(err)
	}
	x.judgeIdle(before, after, time.Since(begin))
	return nil
}

func (x *configuration) judgeIdle(before, after child.Usage, span time.Duration) {
	cores := max(float64(after.CPU-before.CPU)/float64(span), 0)
	x.prepared.Metrics["idle_cpu"] = cores
	if cores > idleLimit {
		x.prepared.Warnings = append(x.prepared.Warnings, fault("argv", "busy_idle", "the server keeps a core busy while it waits",
			fmt.Sprintf("%.2f cores without a request. The other arms are measured beside it: turn its polling off, or write measure { residency = \"turns\" }.", cores)))
	}
}

// unread: without the figure there is one warning less, and nothing else.
func (x *configuration) unread(err error) error {
	x.Log.Debug("CPU time of the server", "error", err)
	return nil
}
