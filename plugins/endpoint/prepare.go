package main

import (
	"context"
	crypto "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/assay-bench/assay/core/sdk"
)

// configuration is one with its server.
type configuration struct {
	sdk.Request[Config]
	settings
	prompts []prompt
	keys    *rand.Rand

	server  *server
	client  *client
	dialect dialect
	upAfter time.Duration // the server's start, 0 for one that ran already
	served  string        // the model, in the server's words
	print   string        // what the server says it is

	outputs  outputs
	prepared sdk.Prepared
	sample   turn // the last one
	answered int  // of the first turn of decode
}

func prepare(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
	s, faults := req.Config.resolve()
	for _, f := range faults {
		if !f.Warning {
			return nil, f
		}
	}
	x := &configuration{Request: req, settings: s, keys: newKeys(req.Seed, s.base != "")}
	x.Cleanup(x.close)
	if err := x.prepare(ctx); err != nil {
		return nil, err
	}
	x.prepared.SampleMetrics, x.prepared.Check = x.sampleMetrics, x.check
	return &x.prepared, nil
}

// newKeys draws the keys of prompts that no cache knows from the seed. A
// server that ran already may have seen that seed, in an earlier round or by
// another arm, so there the seed is not enough.
func newKeys(seed uint64, shared bool) *rand.Rand {
	var more [8]byte
	if shared {
		_, _ = crypto.Read(more[:]) // never fails
	}
	return rand.New(rand.NewPCG(seed, binary.LittleEndian.Uint64(more[:])))
}

func (x *configuration) nextKey() uint64 { return x.keys.Uint64() | 1<<63 }

func (x *configuration) prepare(ctx context.Context) error {
	var err error
	if x.prompts, err = x.promptList(); err != nil {
		return err
	}
	stop := keepAlive(ctx)
	defer stop()
	if err := x.start(ctx); err != nil {
		return err
	}
	if err := x.fitAll(ctx); err != nil {
		return err
	}
	if err := x.rehearse(ctx); err != nil {
		return err
	}
	x.prepared.Phases = map[string]sdk.Timed{}
	for _, phase := range x.Phases {
		if err := x.probe(ctx, phase); err != nil {
			return err
		}
	}
	x.prepared.Time = x.upAfter
	x.prepared.Facts, x.prepared.Outputs = x.facts(), x.outputs.digests()
	x.metrics()
	return x.idle(ctx)
}

// probe takes one sample of a phase, so that what cannot be measured is said
// before measuring, and keeps how many units it has.
func (x *configuration) probe(ctx context.Context, phase string) error {
	x.Progress("warm up", 0.5)
	t, err := x.turn(ctx, phase, 1)
	if err != nil {
		return x.refused(err, "a first sample of "+phase)
	}
	if phase == decode {
		x.answered = t.answered
	}
	x.prepared.Phases[phase] = sdk.Timed{
		Units: t.iteration(phase), Iterations: 1, Partial: true,
		OwnTimes: func(ctx context.Context, n int) (sdk.Times, error) { return x.run(ctx, phase, n) },
	}
	if phase == ttft && x.Cold && t.fromCache() {
		x.prepared.Warnings = append(x.prepared.Warnings, fault("", "cached_prefix", "part of each prompt comes from the server's cache",
			fmt.Sprintf("%.0f of %.0f tokens, though each prompt begins with words of its own: the server's template, most likely. Times to the first token leave their work out.", t.mean(t.cached), t.mean(t.prompt))))
	}
	return nil
}

func (x *configuration) metrics() {
	var prompt, output, pieces float64
	for i := range x.prompts {
		prompt += float64(x.prompts[i].promptTokens)
		output += float64(x.prompts[i].outputTokens)
		pieces += float64(x.outputs.pieces[i])
	}
	n := float64(len(x.prompts))
	m := map[string]float64{"deterministic": 1}
	if !x.outputs.same() {
		m["deterministic"] = 0
	}
	if prompt > 0 {
		m["prompt_tokens"] = prompt / n
	}
	if output > 0 && pieces > 0 {
		m["completion_tokens"], m["tokens_per_piece"] = output/n, output/pieces
	}
	x.prepared.Metrics = m
}

// facts say what was asked, and of whom.
func (x *configuration) facts() map[string]string {
	f := map[string]string{"api": x.dialect.api, "requests at once": fmt.Sprint(x.Concurrency)}
	x.outputs.facts(f)
	if x.served != "" {
		f["model"] = escaped(x.served)
	}
	if x.print != "" {
		f["server"] = escaped(x.print)
	}
	switch {
	case x.Prompts == "":
		f["prompts"] = fmt.Sprintf("%d of random words", len(x.prompts))
	default:
		f["prompts"] = fmt.Sprintf("%d of %s", len(x.prompts), filepath.Base(x.Prompts))
	}
	return f
}

// close stops the server. One that does not stop is logged: the host ends its group.
func (x *configuration) close() {
	if err := x.server.stop(); err != nil {
		x.Log.Warn("stopping the server", "error", err)
	}
}
