package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/session"
)

// Of the experiment: three arms with the control, there and back.
const (
	passes   = 5
	fewest   = 7         // rounds: with fewer a guardrail cannot pass
	most     = 1000      // samples of a visit
	sampleNs = 6_250_000 // a visit of 50 ms has 8 samples unless an experiment says otherwise
)

// measured is what one session showed.
type measured struct {
	samples           int
	took              time.Duration
	journaling        time.Duration // the part inside Append
	writing           time.Duration // of the document
	heap              []uint64      // live bytes after each round
	document, journal string
}

// measure runs one session. With a clock that it shares with the plugin, batches
// take no time.
func measure(ctx context.Context, p *session.Plugin, dir string, samples int, clock sharedClock) (*measured, error) {
	visits := 3 * 2 * passes
	perVisit := min(most, (samples+fewest*visits-1)/(fewest*visits))
	e, err := experiment(p, (samples+perVisit*visits-1)/(perVisit*visits), perVisit)
	if err != nil {
		return nil, err
	}
	m := &measured{}
	var concluded time.Time
	o := session.Options{
		Programs: func(config.Program) (*session.Plugin, error) { return p, nil }, Folder: dir, Version: "soak", LockPath: filepath.Join(dir, "lock"),
		Environment: func(context.Context) record.Environment { return record.Environment{} },
		Observe: func(int, []int) func() record.Observation {
			return func() record.Observation { return record.Observation{} }
		},
		Report: func(e record.Event, _ *record.Result) {
			switch e.Data.(type) {
			case record.SampleEvent:
				m.samples++
			case record.RoundEndEvent:
				m.heap = append(m.heap, liveHeap())
			case record.ConcludedEvent:
				concluded = time.Now()
			case record.ResultEvent:
				m.writing = time.Since(concluded)
			}
		},
	}
	if clock != "" {
		o.Clock = clock
		if err := clock.set(); err != nil {
			return nil, err
		}
		defer os.Unsetenv(badplugin.Clock) //nolint:errcheck // it was set
	}
	s, err := session.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // the session has ended, or failed
	began := time.Now()
	if _, err := s.Run(ctx, []*config.Experiment{e}); err != nil {
		return nil, err
	}
	m.took, m.journaling = time.Since(began), s.Journaling()
	m.document, m.journal = filepath.Join(dir, e.Output.Path), s.Journal()
	return m, nil
}

// described is the plugin of a binary, asked what it is.
func described(ctx context.Context, path string) (*session.Plugin, error) {
	proc, err := process.Start(ctx, process.Options{Path: path})
	if err != nil {
		return nil, err
	}
	defer proc.Stop(ctx)
	p := &session.Plugin{Name: badplugin.Name, Version: "0.1.0", Path: path}
	p.Describe, err = proc.Describe(ctx, &pluginv1.DescribeRequest{})
	return p, err
}

func experiment(p *session.Plugin, rounds, perVisit int) (*config.Experiment, error) {
	var variants []config.Variant
	for i, name := range []string{"base", "variant"} {
		raw, err := json.Marshal(map[string]any{
			"mode": "none", "at": "measure", "sample": 2, "phase": "", "iteration_ns": sampleNs, "noise": 0.1, "slow": 1.0, "tag": name,
		})
		if err != nil {
			return nil, err
		}
		variants = append(variants, config.Variant{
			Name: name, Baseline: i == 0, JSON: raw, Digest: fmt.Sprint(i),
			Program: config.Program{Plugin: p.Name, Device: "cpu", Kind: "cpu"},
		})
	}
	return &config.Experiment{
		Name: "soak", Plugin: p.Name, Device: "cpu", Kind: "cpu",
		Cases:  []config.Case{{ID: "default", Variants: variants}},
		Phases: []config.Phase{{Name: "decode", Unit: "call"}},
		Measure: config.Measure{
			Rounds: rounds, MaxRounds: rounds, Visit: time.Duration(perVisit) * sampleNs, Samples: perVisit, Passes: passes, Cache: "cold", Budget: 1000 * time.Hour,
			Phases: []string{"decode"}, Seed: 7, WarmupMax: 20 * time.Millisecond, PrepareTimeout: time.Minute, HeartbeatTimeout: time.Minute,
		},
		Guardrails: []config.Guardrail{{Name: "no_loss", Phase: "decode", MinRatio: 1, Margin: 0.2, OnFail: "fail"}},
		Output:     config.Output{Path: "soak.json"},
	}, nil
}

// sharedClock is a file that holds the time of host and plugin.
type sharedClock string

// set starts it, and tells the plugin where it is.
func (c sharedClock) set() error {
	if err := badplugin.SetClock(string(c), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		return err
	}
	return os.Setenv(badplugin.Clock, string(c))
}

func (c sharedClock) Now() time.Time {
	t, err := badplugin.ReadClock(string(c))
	if err != nil {
		panic(err)
	}
	return t
}

func (c sharedClock) After(time.Duration) <-chan time.Time {
	now := make(chan time.Time, 1)
	now <- c.Now()
	return now
}

func liveHeap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
