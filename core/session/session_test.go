package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

var plugin *Plugin

func TestMain(m *testing.M) {
	if folder := os.Getenv(envFolder); folder != "" {
		if err := scriptedHost(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if flag.Parse(); flag.Lookup("test.fuzzworker").Value.String() == "true" {
		os.Exit(m.Run()) // fuzz targets start no plugin
	}
	dir, err := os.MkdirTemp("", "assay-session-")
	if err == nil {
		plugin, err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(dir string) (*Plugin, error) {
	path, err := badplugin.Build(dir)
	if err != nil {
		return nil, err
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(binary)
	p := &Plugin{Name: badplugin.Name, Version: "0.1.0", Path: path, SHA256: hex.EncodeToString(sum[:])}
	ctx := context.Background()
	proc, err := process.Start(ctx, process.Options{Path: path})
	if err != nil {
		return nil, err
	}
	defer proc.Stop(ctx)
	p.Describe, err = proc.Describe(ctx, &pluginv1.DescribeRequest{})
	return p, err
}

// variant with the bad plugin's configuration.
func variant(t *testing.T, name string, baseline bool, set map[string]any) config.Variant {
	t.Helper()
	return variantNoTest(name, baseline, set)
}

func variantNoTest(name string, baseline bool, set map[string]any) config.Variant {
	c := map[string]any{
		"mode": "none", "at": "measure", "sample": 2, "phase": "", "iteration_ns": 20000, "noise": 0.1, "slow": 1.05, "tag": name,
	}
	for k, v := range set {
		c[k] = v
	}
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	canonical, digest, err := canonicalConfig(raw)
	if err != nil {
		panic(err)
	}
	return config.Variant{
		Name: name, Baseline: baseline, JSON: canonical, Digest: digest,
		Program: config.Program{Plugin: badplugin.Name, Device: "cpu", Kind: "cpu"},
	}
}

func experimentOf(name string, variants ...config.Variant) *config.Experiment {
	return &config.Experiment{
		Name: name, Plugin: badplugin.Name, Device: "cpu", Kind: "cpu",
		Cases:  []config.Case{{ID: "default", Variants: variants}},
		Phases: []config.Phase{{Name: "decode", Unit: "call"}, {Name: "prefill", Unit: "call"}},
		Measure: config.Measure{
			Rounds: 2, MaxRounds: 2, Visit: 4 * time.Millisecond, Samples: 2, Passes: 1, Cache: "cold", Budget: time.Hour,
			Phases: []string{"decode"}, Seed: 7, WarmupMax: 20 * time.Millisecond, PrepareTimeout: time.Minute, HeartbeatTimeout: time.Minute,
			Search: name == "search",
		},
		Output: config.Output{Path: name + ".json"},
	}
}

func run(t *testing.T, experiments ...*config.Experiment) (folder string, s *Session, results []*record.Result, err error) {
	t.Helper()
	folder = t.TempDir()
	s, err = Open(context.Background(), Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet,
		Probe: func(context.Context, string, int) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	results, err = s.Run(context.Background(), experiments)
	return folder, s, results, err
}

// quiet is a machine on which nothing else runs, whatever else runs.
func quiet(int, []int) func() record.Observation {
	return func() record.Observation { return record.Observation{} }
}

func TestDisturbedVisitsAndRoundsAreMadeAgainAndKept(t *testing.T) {
	// The first 20 visits meet another program, which no waiting drives away.
	observed := 0
	folder := t.TempDir()
	s, err := Open(context.Background(), Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(),
		Observe: func(int, []int) func() record.Observation {
			return func() record.Observation {
				if observed++; observed <= 20 {
					return record.Observation{WaitShare: 1}
				}
				return record.Observation{}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	results, err := s.Run(context.Background(), []*config.Experiment{
		experimentOf("disturbed", variant(t, "base", true, nil), variant(t, "a", false, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	rounds := results[0].Cases[0].Rounds
	if !rounds[0].Disturbed || rounds[0].Counted {
		t.Errorf("the first round: disturbed %v, counted %v; want it kept and not counted", rounds[0].Disturbed, rounds[0].Counted)
	}
	counted, superseded := 0, 0
	for _, d := range rounds {
		if d.Counted {
			counted++
		}
		for _, v := range d.Visits {
			if v.Superseded {
				superseded++
			}
		}
	}
	if counted != 2 || superseded == 0 {
		t.Errorf("%d rounds counted and %d visits superseded, want 2 and some", counted, superseded)
	}
}

func TestRoundsAreFreshPalindromes(t *testing.T) {
	e := experimentOf("order", variant(t, "base", true, nil), variant(t, "a", false, nil), variant(t, "b", false, nil))
	_, _, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	pids := map[int]bool{}
	for _, d := range results[0].Cases[0].Rounds {
		pids[d.Processes[0].PID] = true
		var seen []string
		for _, v := range d.Visits {
			if !v.Superseded {
				seen = append(seen, v.Variant)
			}
		}
		if len(seen) != 8 {
			t.Fatalf("round %d has %d visits, want there and back over 3 variants and the control: 8", d.Index, len(seen))
		}
		for i := range 4 {
			if seen[i] != seen[7-i] || seen[i] != d.Order["decode"][i] {
				t.Errorf("round %d visited %v, order %v: not a palindrome of it", d.Index, seen, d.Order["decode"])
				break
			}
		}
	}
	if len(pids) != 2 {
		t.Errorf("%d processes for 2 rounds", len(pids))
	}
}

func TestGuardrailFindsAPlantedSlowdown(t *testing.T) {
	e := experimentOf("slow", variant(t, "base", true, nil), variant(t, "slow", false, map[string]any{"mode": "slow", "slow": 1.6}))
	e.Measure.Rounds, e.Measure.MaxRounds = 6, 6
	e.Guardrails = []config.Guardrail{{Name: "no_loss", Phase: "decode", MinRatio: 1, Margin: 0.2, OnFail: "fail"}}
	_, _, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	if js := r.Cases[0].Judgements; len(js) != 1 || js[0].Verdict != judge.Fail {
		t.Errorf("judgements %+v, want one fail", js)
	}
	if r.Verdict != "fail" {
		t.Errorf("verdict %s, want fail", r.Verdict)
	}
}

func TestInterruptedSessionKeepsWhatItMeasured(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	folder := t.TempDir()
	s, err := Open(ctx, Options{
		Programs: func(config.Program) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet, Report: func(e record.Event, _ *record.Result) {
			if d, ok := e.Data.(record.RoundEndEvent); ok && d.CountedBy == 1 {
				cancel()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := experimentOf("cut", variant(t, "base", true, nil), variant(t, "a", false, nil))
	e.Guardrails = []config.Guardrail{{Name: "no_loss", Phase: "decode", MinRatio: 1, Margin: 0.2, OnFail: "fail"}}
	results, err := s.Run(ctx, []*config.Experiment{e})
	if err == nil {
		t.Error("an interrupted session gave no error")
	}
	if len(results) != 1 || results[0].Status != record.Partial || len(results[0].Cases[0].Rounds) != 1 {
		t.Fatalf("results %+v, want one that is partial with one round", results)
	}
	if js := results[0].Cases[0].Judgements; len(js) != 1 || !strings.Contains(js[0].Next, "assay resume") {
		t.Errorf("judgements %+v, want one whose next step is to resume", js)
	}
	if _, err := record.ReadResult(filepath.Join(folder, "cut.json")); err != nil {
		t.Error(err)
	}
}

// A simulated device's times decide nothing, but every case is still measured
// and checked, and no case longer than it must.
func TestEveryCaseIsCheckedOnASimulatedDevice(t *testing.T) {
	e := experimentOf("simulated", variant(t, "base", true, nil), variant(t, "other", false, nil))
	e.Device, e.Kind = "auto", "sim"
	for i := range e.Cases[0].Variants {
		e.Cases[0].Variants[i].Program = config.Program{Plugin: badplugin.Name, Device: "auto", Kind: "sim"}
	}
	e.Cases = append(e.Cases, config.Case{ID: "second", Variants: e.Cases[0].Variants})
	e.Measure.MaxRounds = 30
	e.Guardrails = []config.Guardrail{{Name: "no_regression", Phase: "decode", MinRatio: 1, Margin: 0.02, OnFail: "fail"}}
	_, _, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	if r.Verdict != string(judge.Invalid) || !r.Metadata.Device.Simulated || len(r.Cases) != 2 {
		t.Fatalf("verdict %s, device %+v, %d cases", r.Verdict, r.Metadata.Device, len(r.Cases))
	}
	first := r.Plan.Looks[0].Rounds
	for _, c := range r.Cases {
		if n := len(c.Rounds); n != first || c.Status != record.Complete {
			t.Errorf("case %s: %d rounds, want the %d of the first look, status %s", c.ID, n, first, c.Status)
		}
	}
}
