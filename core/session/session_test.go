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
	c := map[string]any{
		"mode": "none", "at": "measure", "sample": 2, "phase": "", "iteration_ns": 20000, "noise": 0.1, "slow": 1.05, "tag": name,
	}
	for k, v := range set {
		c[k] = v
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	canonical, digest, err := canonicalConfig(raw)
	if err != nil {
		t.Fatal(err)
	}
	return config.Variant{Name: name, Baseline: baseline, JSON: canonical, Digest: digest}
}

func experimentOf(name string, variants ...config.Variant) *config.Experiment {
	return &config.Experiment{
		Name: name, Plugin: badplugin.Name, Device: "cpu", Kind: "cpu",
		Cases: []config.Case{{ID: "default", Variants: variants}},
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
		Plugins: func(string) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Report: func(Event) {}, Observe: quiet,
		Probe: func(context.Context, string) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	results, err = s.Run(context.Background(), experiments)
	return folder, s, results, err
}

// quiet is a machine on which nothing else runs, whatever else runs.
func quiet(int) func() record.Observation {
	return func() record.Observation { return record.Observation{} }
}

func TestDisturbedVisitsAndRoundsAreMadeAgainAndKept(t *testing.T) {
	// The first 20 visits meet another program, which no waiting drives away.
	observed := 0
	folder := t.TempDir()
	s, err := Open(context.Background(), Options{
		Plugins: func(string) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Report: func(Event) {},
		Observe: func(int) func() record.Observation {
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

func TestFailuresCostAVisitAndNothingElse(t *testing.T) {
	for _, c := range []struct{ mode, kind string }{
		{"panic", "panic"}, {"sigkill", "signal"}, {"segv", "signal"}, {"exit3", "exited"}, {"hang", "hang"},
		{"stop", "hang"}, {"device-fault", "gpu_fault"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			e := experimentOf("victims",
				variant(t, "base", true, nil), variant(t, "good", false, nil),
				// Warm-up ends within its first windows, so the sixteenth batch is in a visit.
				variant(t, "victim", false, map[string]any{"mode": c.mode, "sample": 16}))
			e.Measure.WarmupMax = time.Nanosecond
			e.Measure.Samples, e.Measure.Visit, e.Measure.HeartbeatTimeout = 15, 15*time.Millisecond, time.Second
			next := experimentOf("next", variant(t, "base", true, nil), variant(t, "good", false, nil))
			folder, s, results, err := run(t, e, next)
			if err != nil {
				t.Fatal(err)
			}
			r := results[0]
			strikes := 0
			for _, f := range r.Failures {
				if f.Variant == "victim" && f.Kind == c.kind && f.Stage == "visit" || f.Stage == "warm-up" {
					strikes++
				}
			}
			if strikes != 2 {
				t.Fatalf("%d failures of kind %s of the victim, want 2; first: %s", strikes, c.kind, first(r.Failures))
			}
			if r.Status != record.Crashed && r.Status != record.Hung {
				t.Errorf("status %s, want crashed or hung", r.Status)
			}
			if v := r.Cases[0].Variants[2]; v.Name != "victim" || v.Failure == "" {
				t.Errorf("variant %s left for %q, want victim and a reason", v.Name, v.Failure)
			}
			if good := r.Cases[0].Variants[1]; good.Phases["decode"].Rounds != 2 {
				t.Errorf("the good variant has %d counted rounds, want 2", good.Phases["decode"].Rounds)
			}
			if kept(r, "victim") == 0 {
				t.Error("no sample of the victim from before its death was kept")
			}
			if results[1].Status != record.Complete {
				t.Errorf("the next experiment is %s, want complete", results[1].Status)
			}
			if r.Probe == nil || !r.Probe.Healthy || results[1].Probe != nil {
				t.Errorf("device probes %+v and %+v, want a healthy one after the failures and none after the sound experiment", r.Probe, results[1].Probe)
			}
			sameAsJournal(t, folder, s, r)
			sameAsJournal(t, folder, s, results[1])
		})
	}
}

func first(fs []record.Failure) string {
	if len(fs) == 0 {
		return "none"
	}
	return fmt.Sprintf("%s %s %s %s", fs[0].Variant, fs[0].Stage, fs[0].Kind, fs[0].Message)
}

func kept(r *record.Result, variant string) int {
	n := 0
	for _, d := range r.Cases[0].Rounds {
		for _, v := range d.Visits {
			if v.Variant == variant {
				n += len(v.Samples)
			}
		}
	}
	return n
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
	replayed := *written
	replayed.Cases, replayed.Failures, replayed.Findings, replayed.Probe = nil, []record.Failure{}, []record.Finding{}, nil
	if err := replayed.Replay(events, r.Experiment.Name); err != nil {
		t.Fatal(err)
	}
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
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(record.Schema))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("result.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("result.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(doc); err != nil {
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
		pids[d.PID] = true
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

func TestSearchAdoptsProposalsAndKeepsFindings(t *testing.T) {
	_, _, results, err := run(t, experimentOf("search", variant(t, "base", true, nil), variant(t, "a", false, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	vs := r.Cases[0].Variants
	last := vs[len(vs)-1]
	if last.Name != "proposed" || last.Role != record.RoleProposed || last.Phases["decode"].Rounds == 0 {
		t.Errorf("last variant %s (%s) with %d rounds, want the proposed one, measured", last.Name, last.Role, last.Phases["decode"].Rounds)
	}
	if len(r.Findings) != 1 || r.Findings[0].Certainty != "shown" {
		t.Errorf("findings %+v, want one that is shown", r.Findings)
	}
}

func TestABadProposalCostsTheSearchAndNothingElse(t *testing.T) {
	_, _, results, err := run(t,
		experimentOf("search", variant(t, "base", true, nil), variant(t, "a", false, map[string]any{"mode": "bad-proposal"})),
		experimentOf("next", variant(t, "base", true, nil), variant(t, "a", false, nil)))
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, error %v; want both experiments", len(results), err)
	}
	r := results[0]
	if len(r.Failures) != 1 || r.Failures[0].Stage != "propose" || r.Cases[0].Variants[1].Phases["decode"].Rounds != 2 {
		t.Errorf("failures %s, %d rounds of a; want one of the search, and the 2 rounds kept", first(r.Failures), r.Cases[0].Variants[1].Phases["decode"].Rounds)
	}
	if results[1].Status != record.Complete {
		t.Errorf("the next experiment is %s, want complete", results[1].Status)
	}
}

// A search hears that a proposal of its own could not be measured, and goes on.
func TestADeadlyProposalIsToldToTheSearch(t *testing.T) {
	_, _, results, err := run(t, experimentOf("search",
		variant(t, "base", true, nil), variant(t, "a", false, map[string]any{"mode": "deadly-proposal"})))
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	deadly := r.Cases[0].Variants[len(r.Cases[0].Variants)-1]
	if deadly.Name != "deadly" || deadly.Failure == "" || len(r.Findings) != 1 || r.Findings[0].Summary != deadly.Failure {
		t.Errorf("%s left for %q, findings %+v; want the plugin to say why deadly left", deadly.Name, deadly.Failure, r.Findings)
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
		Plugins: func(string) (*Plugin, error) { return plugin, nil }, Folder: folder, Version: "0.1.0",
		LockPath: filepath.Join(folder, "lock"), Logger: hclog.NewNullLogger(), Observe: quiet, Report: func(e Event) {
			if e.Kind == RoundEnds && e.Round == 1 {
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
