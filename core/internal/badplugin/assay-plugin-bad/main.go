// Command assay-plugin-bad is a real plugin that misbehaves on purpose. Its
// configuration says how (mode), in which call (at) and, while measuring, at
// which timed batch (sample). Before a configuration arrives, the environment
// variable ASSAY_BADPLUGIN=MODE@PHASE says so. It needs no device: it spins
// for the time asked for and reports it.
//
// Modes:
//
//	none           behaves
//	panic          a Go panic
//	fault          reads an address that is not mapped
//	segv, abort    sends itself SIGSEGV, SIGABRT
//	sigkill        sends itself SIGKILL
//	exit3          os.Exit(3)
//	hang           waits on the device for ever, no heartbeats
//	stop           sends itself SIGSTOP
//	slow-start     needs a minute before it listens
//	plain          (start only) serves without TLS, as plugins in other languages may
//	plain-outside  (start only) the same, with its socket where anyone could reach it
//	stdout-flood   one 1 MiB line and 8 MiB of short lines to descriptor 1
//	stderr-flood   the same to descriptor 2
//	bad-log        a JSON log line whose message is a number
//	fork           leaves a grandchild that holds stderr
//	daemon         leaves three processes in a session of their own
//	error          an error that is no advice
//	user-error     advice for the user
//	device-fault, device-timeout, device-lost   what a device would report
//	no-room        the device has no memory left
//	gpu-line       prints what a GPU runtime prints when a command buffer dies, then hangs
//	lie-seq        skips a sequence number
//	no-wait        sends samples without waiting for acks
//	wrong-digest   samples of another configuration
//	no-done        ends a visit without Done
//	early-done     ends a visit before its third sample, unasked
//	huge           a message above every limit
//	beats          sends heartbeats in place of its third sample, for ever
//	no-end         sends heartbeats in place of Done, for ever
//	diagnostics    ten thousand warnings in a visit
//	bad-schema     a schema that does not parse
//	bad-proposal   proposes a configuration that is no JSON
//	deadly-proposal   proposes itself with mode exit3, and reports what became of it
//	noisy          times that vary by noise, from process to process as well
//	slow           slower by the factor slow
//	fast, long     a tenth of the time, ten times the time
//	remembers      takes as long for many iterations as for one
//	stale          remembers the outputs of the first inputs
//	works-on       computes on two threads for as long as it lives, from its first answer on
//	device-time, encode-time   ten times as much as in all
//	no-time, largest-time, more   a time of 0 or of 2⁶³-1 ns, an iteration too many
//	lying-check, other-checks   checks that pass above their limit; that change each round
//	bandwidth      bytes that no memory moves
//	other-device   (open only) another device in each process
//	other-description   (describe only) another description in each process
//
// With MODE@protocol it speaks the protocol by hand, without the SDK, and breaks
// it in the way that faults.go lists.
//
// Where the environment variable ASSAY_CLOCK names a file, time is what the file
// says (nanoseconds, little endian): a batch takes no time, and moves the file's
// by as long as it is said to take, times slow.
package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/internal/fakedevice"
	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/search"
	"github.com/assay-bench/assay/metal"
)

type config struct {
	Mode        string  `assay:"mode" help:"what goes wrong" default:"none"`
	At          string  `assay:"at" help:"in which call" default:"measure" oneof:"validate,open,prepare,measure,release"`
	Sample      int     `assay:"sample" help:"at which timed batch of a visit, counted from 1" default:"2" min:"1"`
	Phase       string  `assay:"phase" help:"only while this phase is measured; empty: any" default:""`
	IterationNS int     `assay:"iteration_ns" help:"length of one iteration" default:"100000" min:"1"`
	Noise       float64 `assay:"noise" help:"standard deviation of ln(time) between processes, and half of it between samples, in mode noisy" default:"0.1" min:"0" max:"2"`
	Slow        float64 `assay:"slow" help:"factor on the time in mode slow" default:"1.05" min:"0.1" max:"100"`
	Tag         string  `assay:"tag" help:"changes nothing; makes configurations differ" default:""`
}

func main() {
	early, phase, _ := strings.Cut(os.Getenv(badplugin.Env), "@")
	if phase == "protocol" {
		serveByHand(early)
		return
	}
	if phase == "start" {
		if err := misbehave(early); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	}
	p := sdk.Plugin[config]{
		Name: badplugin.Name, Version: "0.1.0", Source: "assay/" + badplugin.Name,
		Doc:     "Misbehaves on purpose, for tests.",
		Phases:  []sdk.Phase{{Name: "decode", Doc: "spins", Unit: "call"}, {Name: "prefill", Doc: "spins 4 times as long", Unit: "call"}},
		Metrics: []sdk.Metric{{Name: "rel_err", Doc: "always 0", Better: sdk.BetterLower}},
		Validate: func(c config) []sdk.Diagnostic {
			if !slices.Contains(modes, c.Mode) {
				return []sdk.Diagnostic{{Path: "mode", Code: "bad_mode", Summary: "unknown mode " + c.Mode, Detail: "Known: " + strings.Join(modes, ", ") + "."}}
			}
			_ = c.misbehave("validate", 0)
			return nil
		},
		Prepare: prepare,
		Propose: propose,
		OpenDevice: func(ctx context.Context, kind string, index int) (metal.Device, error) {
			if phase == "open" {
				if err := misbehave(early); err != nil {
					return nil, err
				}
			}
			d, err := fakedevice.Open(ctx, kind, index)
			if clock := os.Getenv(badplugin.Clock); clock != "" && err == nil {
				d = &clocked{d.(*fakedevice.Device), clock}
			}
			return d, err
		},
	}
	options := serving.Options{Log: serving.NewLogger()}
	if clock := os.Getenv(badplugin.Clock); clock != "" {
		options.Now = func() time.Time { now, _ := badplugin.ReadClock(clock); return now }
	}
	server, err := sdk.NewServer(p, options)
	if err != nil {
		serving.Exit(err)
	}
	serving.Main(&liar{Server: server, early: early, phase: phase}, options.Log)
}

// clocked moves the clock that the host shares.
type clocked struct {
	*fakedevice.Device
	clock string
}

func (d *clocked) Yardstick(ctx context.Context, y metal.Yardstick) (metal.Moved, error) {
	m, err := d.Device.Yardstick(ctx, y)
	return m, errors.Join(err, badplugin.Advance(d.clock, m.Time))
}

// firstSeed is that of the inputs that the process prepared first.
var firstSeed atomic.Uint64

// bad is one prepared configuration.
type bad struct {
	c       config
	stale   bool    // it goes on giving the outputs of the process's first inputs
	bias    float64 // ln of this process's factor
	rng     *rand.Rand
	batches int
}

func prepare(_ context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
	req.Log.Info("preparing", "mode", req.Config.Mode)
	req.Progress("spin", 0.5)
	if err := req.Config.misbehave("prepare", 0); err != nil {
		return nil, err
	}
	b := &bad{c: req.Config, rng: rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))}
	firstSeed.CompareAndSwap(0, req.Seed)
	b.stale = b.c.Mode == "stale" && firstSeed.Load() != req.Seed
	if b.c.Mode == "noisy" {
		b.bias = b.rng.NormFloat64() * b.c.Noise
	}
	check := []sdk.Check{sdk.Below("rel_err", 0, 1e-3)}
	return &sdk.Prepared{
		Time: time.Millisecond, Checks: check, Metrics: map[string]float64{"rel_err": 0}, Facts: map[string]string{"model": "none"},
		Phases: map[string]sdk.Timed{"decode": b.timed("decode", 1), "prefill": b.timed("prefill", 4)},
		Check: func(context.Context) ([]sdk.Check, map[string]float64, error) {
			if b.stale {
				return []sdk.Check{sdk.Below("rel_err", 1, 1e-3)}, nil, nil
			}
			return check, nil, b.c.misbehave("release", 0)
		},
	}, nil
}

// timed says less than its calls take when the machine is busy.
func (b *bad) timed(phase string, units int) sdk.Timed {
	return sdk.Timed{
		Units: float64(units), Bytes: int64(units) << 10, Partial: true,
		OwnTimes: func(ctx context.Context, n int) (sdk.Times, error) { return b.run(ctx, phase, n) },
	}
}

func (b *bad) run(ctx context.Context, phase string, n int) (sdk.Times, error) {
	b.batches++
	if b.c.Phase == "" || b.c.Phase == phase {
		if err := b.c.misbehave("measure", b.batches); err != nil {
			return sdk.Times{}, err
		}
	}
	if clock := os.Getenv(badplugin.Clock); clock != "" {
		return b.scripted(clock, phase, n)
	}
	length := float64(n) * float64(b.c.IterationNS)
	if phase == "prefill" {
		length *= 4
	}
	switch b.c.Mode {
	case "slow":
		length *= b.c.Slow
	case "remembers":
		length = 10 * float64(b.c.IterationNS)
	case "noisy":
		length *= math.Exp(b.bias + b.rng.NormFloat64()*b.c.Noise/2)
	}
	if factor, err := strconv.ParseFloat(os.Getenv(badplugin.EnvSlow), 64); err == nil {
		length *= factor
	}
	// It tells how long it was to take, not how long it took, so that verdicts
	// in tests do not hang on how busy the machine is.
	took := time.Duration(length * (1 + math.Abs(b.rng.NormFloat64())*1e-4))
	start := time.Now()
	for time.Since(start) < took {
		if ctx.Err() != nil {
			return sdk.Times{}, ctx.Err()
		}
		metal.Beat(ctx)
	}
	if b.c.Mode == "works-on" && b.batches == 1 {
		go spin()
		go spin()
	}
	return sdk.Times{Wall: took, Device: took, Encode: took / 100}, nil
}

// spin keeps a core busy. It has no end of its own: a busy machine could delay the
// host's look until after it.
func spin() {
	for {
		runtime.Gosched()
	}
}

// scripted moves the clock that the host shares.
func (b *bad) scripted(clock, phase string, n int) (sdk.Times, error) {
	took := time.Duration(float64(n*b.c.IterationNS) * b.c.Slow)
	if phase == "prefill" {
		took *= 4
	}
	return sdk.Times{Wall: took, Device: took, Encode: took / 100}, badplugin.Advance(clock, took)
}

// propose asks for one more configuration, then reports a finding.
func propose(_ context.Context, in search.Results[config]) (search.Proposal[config], error) {
	if len(in.Results) == 0 {
		return search.Proposal[config]{}, sdk.Diagnostic{Summary: "nothing was measured", Code: "no_results"}
	}
	last := in.Results[len(in.Results)-1]
	if last.Name == "proposed" {
		return search.Proposal[config]{Findings: []search.Finding{{
			Kind: "attribution", Summary: "the proposed one ran", Data: map[string]int{"results": len(in.Results)}, Certainty: search.Shown,
		}}}, nil
	}
	next := last.Config
	next.Tag = "proposed"
	return search.Proposal[config]{Next: []search.Next[config]{{Name: "proposed", Config: next, Why: "one more"}}, Progress: "1 of 1"}, nil
}
