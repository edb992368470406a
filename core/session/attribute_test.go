package session

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/record"
)

// Where the time goes is told of every plugin that reports the device's and the
// host's part, without its help.
func TestEveryPluginsTimeIsAttributed(t *testing.T) {
	e := experimentOf("slow", variant(t, "base", true, nil), variant(t, "slow", false, map[string]any{"mode": "slow", "slow": 1.6}))
	e.Measure.Rounds, e.Measure.MaxRounds = 8, 8
	folder, s, results, err := run(t, e)
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings, want one: %+v", len(r.Findings), r.Findings)
	}
	f := r.Findings[0]
	var data struct{ Phase, Base, Path, Cause string }
	if err := json.Unmarshal(f.Data, &data); err != nil {
		t.Fatal(err)
	}
	if f.Kind != "attribution" || f.Case != "default" || f.Certainty != "shown" || data.Phase != "decode" || data.Base != "base" || data.Path != "slow" || data.Cause != "kernel" {
		t.Errorf("finding %+v with %+v, want kernel time of slow against base, shown", f, data)
	}
	if !strings.HasPrefix(f.Summary, "decode: slow is kernel-bound (100.0 % of its wall time); the loss of 12.0 µs against base is kernel time") {
		t.Errorf("summary %q", f.Summary)
	}
	sameAsJournal(t, folder, s, r)
}

// timed is a case with eight rounds of given times, ns.
func timed(times map[string][3]float64, arms ...string) *record.Case {
	c := &record.Case{ID: "default"}
	for i, name := range arms {
		role := record.RoleVariant
		if i == 0 {
			role = record.RoleBaseline
		}
		c.Variants = append(c.Variants, record.Variant{Name: name, Role: role})
	}
	for round := 1; round <= 8; round++ {
		x := record.Round{Index: round, Counted: true}
		for pass, name := range append(append([]string{}, arms...), arms...) {
			w := times[name]
			v := record.Visit{Index: pass + 1, Variant: name, Phase: "decode", Pass: 1 + pass/len(arms)}
			v.Samples.Add(record.Sample{Iterations: 1, WallNs: int64(w[0]), DeviceNs: int64(w[1]), EncodeNs: int64(w[2])})
			x.Visits = append(x.Visits, v)
		}
		c.Rounds = append(c.Rounds, x)
	}
	return c
}

func TestOnlyWholeTimesAreAttributed(t *testing.T) {
	for name, c := range map[string]struct {
		base, path [3]float64 // wall, device, encode
		simulated  bool
		want       int
	}{
		"all three":                    {base: [3]float64{1000, 900, 50}, path: [3]float64{1200, 1100, 50}, want: 1},
		"one path prepares nothing":    {base: [3]float64{1000, 900, 0}, path: [3]float64{1200, 1100, 50}, want: 1},
		"no device time":               {base: [3]float64{1000, 0, 50}, path: [3]float64{1200, 1100, 50}},
		"no host time":                 {base: [3]float64{1000, 900, 0}, path: [3]float64{1200, 1100, 0}},
		"wall time alone":              {base: [3]float64{1000, 0, 0}, path: [3]float64{1200, 0, 0}},
		"simulated times tell nothing": {base: [3]float64{1000, 900, 50}, path: [3]float64{1200, 1100, 50}, simulated: true},
	} {
		d := &record.Result{Experiment: record.Experiment{Measure: record.Measure{Phases: []string{"decode", "prefill"}}}}
		d.Metadata.Device.Simulated = c.simulated
		got, err := attribute(d, timed(map[string][3]float64{"base": c.base, "path": c.path}, "base", "path"))
		if err != nil || len(got) != c.want {
			t.Errorf("%s: %+v, %v, want %d findings", name, got, err, c.want)
		}
	}
}

// A plugin may ask for pairs that only it knows to differ in one thing.
func TestAPluginAsksForPairs(t *testing.T) {
	times := map[string][3]float64{"base": {1000, 900, 50}, "a": {1100, 1000, 50}, "b": {1200, 1000, 150}}
	d := &record.Result{Experiment: record.Experiment{Measure: record.Measure{Phases: []string{"decode"}}}}
	c := timed(times, "base", "a", "b")
	got, err := attributeMore(d, c, []*pluginv1.Pair{{Base: "a", Path: "b"}, {Base: "base", Path: "a"}})
	if err != nil || len(got) != 1 || !strings.Contains(got[0].Summary, "the loss of 100 ns against a is wrapper time") {
		t.Errorf("%+v, %v, want b against a alone", got, err)
	}
	if _, err := attributeMore(d, c, []*pluginv1.Pair{{Base: "a", Path: "none"}}); err == nil || !strings.Contains(err.Error(), `"none"`) {
		t.Errorf("a pair with a name that no result has: %v", err)
	}
}
