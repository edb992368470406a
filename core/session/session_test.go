package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/santhosh-tekuri/jsonschema/v6"

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
			Rounds: 2, MaxRounds: 2, Visit: 4 * time.Millisecond, Samples: 2, Passes: 1, Cache: "cold", Budget: time.Minute,
			Phases: []string{"decode"}, Seed: 7, WarmupMax: 20 * time.Millisecond, PrepareTimeout: 10 * time.Second, HeartbeatTimeout: 2 * time.Second,
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

// sameAsJournal holds the written document against what its journal tells.
func sameAsJournal(t *testing.T, folder string, s *Session, r *record.Result) {
	t.Helper()
	written, err := record.ReadResult(filepath.Join(folder, r.Experiment.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	fitsSchema(t, filepath.Join(folder, r.Experiment.Name+".json"))
	events, torn, err := record.ReadJournal(s.Journal())
	if err != nil || torn {
		t.Fatalf("journal: torn %v, error %v", torn, err)
	}
	eventsFitTheirSchema(t, events)
	ledger, err := record.Fold(events)
	if err != nil {
		t.Fatal(err)
	}
	replayed := ledger.Find(r.Experiment.Name)
	for i := range replayed.Cases {
		if diff := cmp.Diff(written.Cases[i].Rounds, replayed.Cases[i].Rounds); diff != "" {
			t.Errorf("rounds differ between document and journal:\n%s", diff)
		}
		if diff := cmp.Diff(outcome(written.Cases[i]), outcome(replayed.Cases[i])); diff != "" {
			t.Errorf("how the case ended differs between document and journal:\n%s", diff)
		}
	}
	if diff := cmp.Diff(written.Failures, replayed.Failures); diff != "" {
		t.Errorf("failures differ between document and journal:\n%s", diff)
	}
	if diff := cmp.Diff(written.Probe, replayed.Probe); diff != "" {
		t.Errorf("the probe differs between document and journal:\n%s", diff)
	}
}

// eventsFitTheirSchema holds every line of a journal against the published schema.
func eventsFitTheirSchema(t *testing.T, events []record.Event) {
	t.Helper()
	byKind := map[string]*jsonschema.Schema{}
	for _, e := range events {
		c := byKind[e.Kind()]
		if c == nil {
			c = compiled(t, schemaOf(t, e.Kind()))
			byKind[e.Kind()] = c
		}
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(v); err != nil {
			t.Errorf("event %d (%s) does not fit the schema: %.600v", e.Seq, e.Kind(), err)
			return
		}
	}
}

// schemaOf is the alternative for one kind of event, whose errors are readable.
func schemaOf(t *testing.T, kind string) []byte {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(record.EventSchema, &all); err != nil {
		t.Fatal(err)
	}
	for _, a := range all["oneOf"].([]any) {
		one := a.(map[string]any)
		if one["properties"].(map[string]any)["kind"].(map[string]any)["const"] == kind {
			one["$defs"] = all["$defs"]
			text, err := json.Marshal(one)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	t.Fatalf("the schema has no event %q", kind)
	return nil
}

func compiled(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// outcome of a case: its status, and why which variant left it.
func outcome(c record.Case) map[string]string {
	out := map[string]string{"status": string(c.Status)}
	for _, v := range c.Variants {
		out[v.Name] = v.Failure
	}
	return out
}

// fitsSchema holds a written document against the published schema.
func fitsSchema(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t, record.Schema).Validate(doc); err != nil {
		t.Errorf("%s does not fit the schema: %v", path, err)
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
	results, err := s.Run(ctx, []*config.Experiment{experimentOf("cut", variant(t, "base", true, nil), variant(t, "a", false, nil))})
	if err == nil {
		t.Error("an interrupted session gave no error")
	}
	if len(results) != 1 || results[0].Status != record.Partial || len(results[0].Cases[0].Rounds) != 1 {
		t.Fatalf("results %+v, want one that is partial with one round", results)
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
