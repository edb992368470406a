package conformance

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/process"
)

// hostEnv makes the test binary the host of a visit that is stopped.
const hostEnv = "ASSAY_TEST_VISIT_HOST"

var plugin string

func TestMain(m *testing.M) {
	if os.Getenv(hostEnv) != "" {
		if err := Host(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "conformance")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if plugin, err = badplugin.Build(dir); err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "gpu0"), nil, 0o600); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// options of a check of the plugin by hand with one fault, which waits for less
// than a user's does.
func options(fault string, only ...string) Options {
	return Options{
		Path: plugin, Only: only, Env: append(process.AllowedEnv(os.Environ()), badplugin.Env+"="+fault+"@protocol"),
		Host: []string{"env", hostEnv + "=1", os.Args[0]},
		Limits: Limits{
			Start: 5 * time.Second, Validate: 3 * time.Second, Prepare: 20 * time.Second, Silence: 5 * time.Second,
			Beat: 400 * time.Millisecond, Stopped: 1200 * time.Millisecond, End: 3 * time.Second,
			devices: []string{filepath.Join(filepath.Dir(plugin), "gpu*")},
		},
	}
}

func TestASoundPluginPasses(t *testing.T) {
	r, err := Check(t.Context(), options("sound"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range r.Rules {
		if o.Status != Pass && o.Status != Unclear && o.ID != "propose" {
			t.Errorf("%s: %s, %s", o.ID, o.Status, o.Seen)
		}
	}
	if len(r.Rules) != len(rules) || r.Passed+r.Unclear != len(rules)-1 || r.Skipped != 1 || r.Device != "cpu: by hand" || r.Plugin.Name != "bad" {
		t.Errorf("report %+v", r)
	}
	fitsSchema(t, Document{Plugins: []*Report{r}})
}

// A plugin is not blamed for what other programs may have done, and a sound one on
// a quiet machine is blamed at once.
func TestABusyMachineIsNoFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cores float64
		want  Status
		tries int
	}{{0, Fail, 1}, {2, Unclear, mostTries}} {
		o, tries := options("shutdown-status", "shutdown"), 0
		o.foreign = func() func() float64 { tries++; return func() float64 { return c.cores } }
		r, err := Check(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Rules[0]; got.Status != c.want || tries != c.tries || r.Failed+r.Unclear != 1 {
			t.Errorf("beside %v cores: %s after %d tries, want %s after %d: %s", c.cores, got.Status, tries, c.want, c.tries, got.Seen)
		}
	}
}

func TestJUnitHasEveryRule(t *testing.T) {
	r := &Report{Plugin: Subject{Name: "bad", Version: "0.1.0"}}
	for i, status := range []Status{Pass, Fail, Skipped} {
		r.add(Outcome{Rule: rules[i].Rule, Status: status, Seen: "a <b> & ]]> \x1b"})
	}
	var out bytes.Buffer
	if err := WriteJUnit(&out, []*Report{r}); err != nil {
		t.Fatal(err)
	}
	var read junit.Testsuites
	if err := xml.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if s := read.Suites[0]; read.Tests != 3 || read.Failures != 1 || read.Skipped != 1 || s.Testcases[1].Failure.Type != idHandshake {
		t.Errorf("%+v", read)
	}
}

func TestTry(t *testing.T) {
	v, err := Try(t.Context(), options("sound"), 4, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Phases) != 1 || len(v.Phases[0].Samples) != 4 || len(v.Checks) != 2 || v.Phases[0].Unit != "call" {
		t.Errorf("%+v", v)
	}
	for fault, says := range map[string]string{"wrong-digest": "sha256:00", "never-prepared": "neither Prepared", "bad-type": "lisst", "no-handshake": "handshake"} {
		if _, err := Try(t.Context(), options(fault), 4, 10*time.Millisecond); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q in it", fault, err, says)
		}
	}
}

// Every fault is found by the rule that is named after it.
func TestBrokenPluginsAreCaught(t *testing.T) {
	caught := map[string][]string{
		"describe-argument":   {"no-describe", "other-name"},
		"handshake":           {"protocol-2", "prints-first", "tcp", "no-handshake", "late-handshake"},
		"describe":            {"other-description", "describe-varies", "describe-slow"},
		"device-free":         {"early-device"},
		"schema":              {"bad-type"},
		"documented":          {"undocumented-argument", "undocumented-phase", "undocumented-metric"},
		"validate":            {"validate-varies"},
		"wrong-configuration": {"dies-on-unknown", "panics-on-huge", "hangs-on-zero", "status-for-user", "refuses-without-path", "refuses-elsewhere"},
		"propose":             {"promises-propose", "bad-proposal"},
		"open-device":         {"no-device", "other-device"},
		"prepared":            {"never-prepared", "prepared-twice", "prepare-error"},
		"prepared-facts":      {"undeclared-metric", "nan-metric", "failing-check", "undeclared-facts"},
		"done":                {"no-done", "early-done", "one-more", "dies-measuring"},
		"intent":              {"no-intent"},
		"acks":                {"hasty-intent", "no-wait", "skips-number", "starts-early"},
		"digest":              {"wrong-digest"},
		"iterations":          {"other-iterations", "short-samples"},
		"sample-metrics":      {"undeclared-sample-metric", "nan-sample-metric"},
		"times":               {"zero-times", "constant-times", "async-times", "inflated-times", "device-above-wall"},
		"stop":                {"ignores-stop", "late-stop", "sample-after-stop"},
		"heartbeat":           {"no-heartbeat"},
		"handles":             {"one-handle"},
		"seed":                {"random-inputs", "seed-ignored"},
		"stopped-host":        {"impatient", "counts-waiting"},
		"yardstick":           {"yardstick-impossible"},
		"release":             {"release-error", "release-wrong"},
		"shutdown":            {"ignores-shutdown", "shutdown-status"},
		"sigterm":             {"ignores-sigterm"},
		"lifeline":            {"ignores-lifeline", "orphan-status"},
		"stdout":              {"prints"},
	}
	tested, wait, turn := 0, sync.WaitGroup{}, make(chan struct{}, 8) // they wait more than they compute
	for _, rule := range rules {
		if len(caught[rule.ID]) == 0 {
			t.Errorf("no broken plugin shows that the rule %s finds anything", rule.ID)
		}
		for _, fault := range caught[rule.ID] {
			tested++
			wait.Go(func() {
				turn <- struct{}{}
				defer func() { <-turn }()
				o := options(fault, rule.ID)
				o.onlyOnce = true
				r, err := Check(t.Context(), o)
				// What a clock shows can hide beside other programs.
				for try := 1; try < mostTries && err == nil && r.Rules[0].Status == Pass && slices.Contains(clocked, rule.ID); try++ {
					r, err = Check(t.Context(), o)
				}
				if err != nil {
					t.Errorf("%s: %v", fault, err)
					return
				}
				if o := r.Rules[0]; len(r.Rules) != 1 || o.Status != Fail || o.Seen == "" {
					t.Errorf("%s: the rule %s is %s: %s", fault, o.ID, o.Status, o.Seen)
				} else {
					t.Logf("%s: %s: %s", fault, o.ID, o.Seen)
				}
			})
		}
	}
	wait.Wait()
	if len(caught) != len(rules) || tested < 30 {
		t.Errorf("%d rules and %d faults are tested", len(caught), tested)
	}
}

// A fault breaks its own rule and hides others; it is not blamed on them.
func TestOtherRulesNameTheFault(t *testing.T) {
	for _, fault := range []string{"wrong-digest", "never-prepared", "protocol-2"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			r, err := Check(t.Context(), options(fault))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range r.Rules {
				if o.Status == Fail && o.ID != map[string]string{"wrong-digest": "digest", "never-prepared": "prepared", "protocol-2": "handshake"}[fault] {
					t.Errorf("%s fails: %s", o.ID, o.Seen)
				}
			}
			if r.Failed != 1 || r.Skipped < 5 {
				t.Errorf("%d fail, %d skipped", r.Failed, r.Skipped)
			}
		})
	}
}

func TestUnknownRule(t *testing.T) {
	_, err := Check(t.Context(), options("sound", "heartbeet"))
	if _, ok := err.(*UsageError); !ok || !strings.Contains(err.Error(), `"heartbeet"`) || !strings.Contains(err.Error(), "heartbeat,") { //nolint:errorlint // as Check returns it
		t.Errorf("%v", err)
	}
	if slices.IndexFunc(rules, func(r held) bool { return r.Expected == "" || r.Page == "" }) >= 0 {
		t.Error("a rule has no sentence or no page")
	}
}
