package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
)

// A prompt that no cache knows may still share its beginning with others: a
// template's tokens, and the first letters of its first word.
const (
	cachedLimit  = 0.05 // share of prompts that may come from a cache
	cachedTokens = 4    // of a prompt, that may in any case, up to a quarter of it
)

// shortest answers that are still the first turn's, as a share of their tokens.
const shortest = 0.75

// turn is every prompt asked once: one iteration of a phase.
type turn struct {
	requests           int
	prompt, cached     int // tokens in all
	cachedKnown        bool
	answered           int // tokens after the first of each answer, in all
	decoded            int // of them, those that came after the first read
	pieces, reads      int // of the answers, in all
	first              time.Duration
	prefilled, decodes time.Duration // of waves
}

func (t turn) mean(total int) float64 { return float64(total) / float64(max(t.requests, 1)) }

// fromCache: too much of the prompts was in a cache to call this their prefill.
func (t turn) fromCache() bool {
	return float64(t.cached) > max(cachedLimit*float64(t.prompt), min(float64(cachedTokens*t.requests), float64(t.prompt)/4))
}

// tokens that a phase of this turn produced and timed, or the one call.
func (t turn) tokens(phase string) int {
	switch phase {
	case decode:
		return t.decoded
	case prefill:
		return t.prompt - t.cached
	}
	return 1
}

// iteration is how many tokens the host is told that a turn has: half of those
// that the first turn produced and timed, three quarters of a prompt's. Turns vary
// in length, and the time of an iteration must not be longer than the turn that it
// is taken from.
func (t turn) iteration(phase string) float64 {
	switch phase {
	case decode:
		return 0.5 * float64(t.decoded)
	case prefill:
		return 0.75 * float64(t.tokens(phase))
	}
	return 1
}

// figure is the time of so many tokens, at the speed of this turn.
func (t turn) figure(phase string, tokens float64) (time.Duration, error) {
	took := t.first / time.Duration(max(t.requests, 1))
	switch phase {
	case decode:
		took = t.decodes
		if float64(t.decoded) < tokens {
			return 0, fmt.Errorf("decode cannot be timed: %w, all but %d tokens of %d", errAtOnce, t.decoded, t.answered)
		}
	case prefill:
		took = t.prefilled
	}
	return max(time.Duration(float64(took)*tokens/float64(max(t.tokens(phase), 1))), 1), nil
}

// turn does n turns through the prompts, in waves of as many requests as run
// at once; the last wave is filled up with prompts from the beginning.
func (x *configuration) turn(ctx context.Context, phase string, n int) (turn, error) {
	var t turn
	for range n {
		for at := 0; at < len(x.prompts); at += x.Concurrency {
			if err := t.wave(ctx, x, phase, at); err != nil {
				return t, err
			}
		}
	}
	if phase == prefill && t.fromCache() {
		return t, fmt.Errorf("no prefill: the server took %d of %d tokens of the prompts from its cache, although each prompt begins with words of its own; "+
			"turn its prefix cache off, use a longer context, or leave prefill out: measure { phases = [\"ttft\", \"decode\"] }", t.cached, t.prompt)
	}
	return t, nil
}

// mostTries of a wave, one of whose answers was not read in time.
const mostTries = 4

// wave adds one wave. An answer all of which had arrived before this process
// came to read it says nothing of decode, and is asked for again.
func (t *turn) wave(ctx context.Context, x *configuration, phase string, at int) error {
	for try := 1; ; try++ {
		replies, err := x.wave(ctx, phase, at)
		if err != nil {
			return err
		}
		with := *t
		err = with.add(phase, replies)
		if err == nil {
			*t = with
			return nil
		}
		if try == mostTries || !errors.Is(err, errAtOnce) {
			return err
		}
		x.Log.Debug("an answer was read too late", "error", err)
	}
}

// reply is an answer to a prompt.
type reply struct {
	*prompt
	answer
}

// wave asks as many prompts at once as Concurrency says.
func (x *configuration) wave(ctx context.Context, phase string, at int) ([]reply, error) {
	replies, errs := make([]reply, x.Concurrency), make([]error, x.Concurrency)
	queries := make([]asking, x.Concurrency)
	for i := range queries {
		queries[i] = asking{tokens: x.MaxTokens, stream: true}
		if phase != decode {
			queries[i].tokens = 1
		}
		if phase == prefill || phase == ttft && x.Cold {
			queries[i].key = x.nextKey()
		}
	}
	var all sync.WaitGroup
	for i := range replies {
		r := &replies[i]
		r.prompt = &x.prompts[(at+i)%len(x.prompts)]
		all.Go(func() { r.answer, errs[i] = x.ask(ctx, r.prompt, queries[i]) })
	}
	all.Wait()
	return replies, errors.Join(errs...)
}

// add takes a wave's answers. With several requests at once, prefill and
// decode are those of the wave: all tokens over the time from the first
// request, or the first piece of any answer, to the last that is timed.
func (t *turn) add(phase string, wave []reply) error {
	begin, first, lastFirst, last := wave[0].sent, wave[0].first, wave[0].first, wave[0].last
	for i := range wave {
		a, p := &wave[i].answer, wave[i].prompt
		if a.first.IsZero() {
			return errors.New("an answer has no token at all")
		}
		t.requests++
		t.first += a.first.Sub(a.sent)
		begin, first = earlier(begin, a.sent), earlier(first, a.first)
		lastFirst, last = later(lastFirst, a.first), later(last, a.last)
		t.prompt += known(a.prompted, p.promptTokens)
		t.cached += a.cached.n
		t.cachedKnown = t.cachedKnown || a.cached.known && phase != decode // whose prompts may well be cached
		if phase == decode {
			n := known(a.completion, p.outputTokens)
			if err := timeable(a, n); err != nil {
				return err
			}
			t.answered += n - 1
			t.decoded += a.after(n)
			t.pieces, t.reads = t.pieces+a.pieces, t.reads+a.reads
		}
	}
	t.prefilled += lastFirst.Sub(begin)
	t.decodes += last.Sub(first)
	return nil
}

// known is a count, or what preparation found where an answer does not say.
func known(c count, otherwise int) int {
	if c.known {
		return c.n
	}
	return otherwise
}

// timeable says whether the time between tokens can be seen in an answer.
func timeable(a *answer, tokens int) error {
	switch {
	case tokens < 2:
		return fmt.Errorf("decode cannot be timed: the answer has %d tokens, and two are needed; where a model ends early, extra = { ignore_eos = \"true\" } helps with llama.cpp and vLLM", tokens)
	case a.pieces < 2:
		return fmt.Errorf("decode cannot be timed: %d tokens came in one piece, so that nothing is seen of the time between them", tokens)
	case a.reads < 2 || a.after(tokens) < 1:
		return fmt.Errorf("decode cannot be timed: %w, all %d of an answer. Something holds them back, or max_tokens is too small for a server this fast", errAtOnce, a.pieces)
	}
	return nil
}

var errAtOnce = errors.New("pieces arrived at once")

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// run does n iterations, each a turn.
func (x *configuration) run(ctx context.Context, phase string, n int) (sdk.Times, error) {
	stop := keepAlive(ctx)
	defer stop()
	for try := 1; ; try++ {
		t, err := x.turn(ctx, phase, n)
		if err != nil {
			return sdk.Times{}, x.failed(err)
		}
		if phase == decode && float64(t.answered) < shortest*float64(x.answered) {
			return sdk.Times{}, fmt.Errorf("decode cannot be timed: answers of this turn have %d tokens and those of the first turn had %d, though the prompts are the same; "+
				"where it is the end of the text that comes by chance, extra = { ignore_eos = \"true\" } helps with llama.cpp and vLLM", t.answered, x.answered)
		}
		x.sample = t
		one, err := t.figure(phase, x.prepared.Phases[phase].Units*float64(n))
		if err == nil || try == mostTries || !errors.Is(err, errAtOnce) {
			return sdk.Times{Wall: one}, err
		}
		x.Log.Debug("an answer was read too late", "error", err)
	}
}

// failed says what ended a sample: a hang, or the server's end.
func (x *configuration) failed(err error) error {
	if text := x.server.died(); text != "" {
		return fmt.Errorf("%w. The server ended. %s", err, text)
	}
	if errors.Is(err, errStall) {
		return fmt.Errorf("%w: %w", metal.ErrTimeout, err)
	}
	return err
}

// sampleMetrics are those of the last turns.
func (x *configuration) sampleMetrics() map[string]float64 {
	m := map[string]float64{}
	if x.sample.cachedKnown {
		m["cached_tokens"] = x.sample.mean(x.sample.cached)
	}
	if x.sample.reads > 0 {
		m["pieces_per_read"] = float64(x.sample.pieces) / float64(x.sample.reads)
	}
	return m
}

// keepAlive reports progress until it is stopped: a server shows none while it
// works on a long prompt, and request_timeout bounds what it may take.
func keepAlive(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				metal.Beat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

const beatEvery = 200 * time.Millisecond
