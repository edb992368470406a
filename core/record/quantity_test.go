package record_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/judge"
	"github.com/assay-bench/assay/core/record"
)

func number(x float64) *float64 { return &x }

// said is what a plugin says at the end of a round: more memory and a larger
// error for fused than for the others.
func said(variant string, noise *rand.Rand) record.Released {
	bytes, err := 100.0, 1e-4
	if variant == "fused" {
		bytes, err = 120, 2e-4
	}
	bytes *= 1 << 20 * (1 + 0.001*noise.NormFloat64())
	return record.Released{PeakBytes: int64(bytes), Metrics: map[string]float64{"rel_err": err, "zero": 0, "score": 10 * bytes, "jitter": noise.Float64()}}
}

// What other tests judge, print and store has a guardrail with each bound that there is.
func TestEveryBoundIsAsked(t *testing.T) {
	asked := fakeresult.EveryQuantity().Guardrails
	for i := range reflect.TypeFor[record.Guardrail]().NumField() {
		var g record.Guardrail
		switch v := reflect.ValueOf(&g).Elem().Field(i); {
		case v.CanInt():
			v.SetInt(1)
		case v.Type() == reflect.TypeFor[*float64]():
			v.Set(reflect.ValueOf(number(1)))
		}
		if g.Absolute() && !slices.ContainsFunc(asked, func(g record.Guardrail) bool { return !reflect.ValueOf(g).Field(i).IsZero() }) {
			t.Errorf("fakeresult.EveryQuantity has no guardrail with %s", reflect.TypeFor[record.Guardrail]().Field(i).Name)
		}
	}
}

func TestGuardrailsOnEveryQuantity(t *testing.T) {
	for _, c := range []struct {
		name   string
		g      record.Guardrail
		o      fakeresult.Options
		want   judge.Verdict
		reason string
	}{
		{"peak memory", record.Guardrail{Metric: "peak_device_bytes", Unit: "B", Better: "lower", MinRatio: 1, Margin: 0.05}, fakeresult.Options{Released: said}, judge.Fail, "0.83"},
		{"peak memory with room", record.Guardrail{Metric: "peak_device_bytes", Unit: "B", Better: "lower", MinRatio: 1, Margin: 0.3}, fakeresult.Options{Released: said}, judge.Pass, "inside the margin of 30 %"},
		{"more is better", record.Guardrail{Metric: "score", Better: "higher", MinRatio: 1, Margin: 0.05, MinGain: 0.05}, fakeresult.Options{Released: said}, judge.Pass, "better than the baseline, and proven so"},
		{"a bound of memory", record.Guardrail{Metric: "peak_device_bytes", Unit: "B", Max: number(110 << 20)}, fakeresult.Options{Released: said}, judge.Fail, "max of 110 MiB"},
		{"a bound that holds", record.Guardrail{Metric: "peak_device_bytes", Unit: "B", Max: number(130 << 20)}, fakeresult.Options{Released: said}, judge.Pass, "within"},
		{"of the baseline", record.Guardrail{Metric: "peak_device_bytes", Unit: "B", Variant: "separate", Max: number(110 << 20)}, fakeresult.Options{Released: said}, judge.Pass, `"separate"`},
		{"not reported", record.Guardrail{Metric: "peak_device_bytes", Unit: "B", Better: "lower", MinRatio: 1, Margin: 0.05}, fakeresult.Options{}, judge.Inconclusive, "no round"},
		{"exact", record.Guardrail{Metric: "rel_err", Better: "lower", Exact: true, MinRatio: 1, Margin: 0.05}, fakeresult.Options{Released: said}, judge.Fail, "0.5000×"},
		{"exact, on sim", record.Guardrail{Metric: "rel_err", Exact: true, Max: number(1e-3)}, fakeresult.Options{Released: said, Simulated: true}, judge.Pass, "0.0002"},
		{"noisy, on sim", record.Guardrail{Metric: "score", Better: "higher", MinRatio: 1, Margin: 0.05}, fakeresult.Options{Released: said, Simulated: true}, judge.Invalid, "simulated"},
		{"most of all values", record.Guardrail{Metric: "jitter", Statistic: "max", Max: number(1)}, fakeresult.Options{Released: said}, judge.Pass, "max of jitter"},
		{"no ratio to zero", record.Guardrail{Metric: "zero", Better: "lower", MinRatio: 1, Margin: 0.05}, fakeresult.Options{Released: said}, judge.Invalid, "zero is 0 of the baseline"},
		{"no direction", record.Guardrail{Metric: "score", MinRatio: 1, Margin: 0.05}, fakeresult.Options{Released: said}, judge.Invalid, "more or less"},
		{"exact zero", record.Guardrail{Metric: "zero", Better: "lower", Exact: true, MinRatio: 1, Margin: 0.05}, fakeresult.Options{Released: said}, judge.Invalid, "means nothing"},
		{"memory of a shared process", record.Guardrail{Metric: "peak_host_bytes", Unit: "B", Better: "lower", MinRatio: 1, Margin: 0.05}, fakeresult.Options{}, judge.Invalid, "share one process"},
		{"prepare time", record.Guardrail{Metric: "prepare_time", Unit: "s", Max: number(0.5)}, fakeresult.Options{}, judge.Pass, "400 ms"},
		{"start time", record.Guardrail{Metric: "start_time", Unit: "s", Better: "lower", MinRatio: 1, Margin: 0.05}, fakeresult.Options{}, judge.Pass, "1.0000×"},
		{"rate", record.Guardrail{Phase: "decode", Unit: "tok", MinRate: number(100)}, fakeresult.Options{}, judge.Pass, "tok/s"},
		{"rate too low", record.Guardrail{Phase: "decode", Unit: "tok", MinRate: number(200)}, fakeresult.Options{}, judge.Fail, "outside"},
		{"time", record.Guardrail{Phase: "decode", MaxTime: 9e6}, fakeresult.Options{}, judge.Pass, "9 ms"},
		{"p90", record.Guardrail{Phase: "decode", Statistic: "p90", MinRatio: 1, Margin: 0.1}, fakeresult.Options{Single: 10, Tail: 0.05}, judge.Pass, "p90 of single iterations"},
		{"p90 of batches", record.Guardrail{Phase: "decode", Statistic: "p90", MinRatio: 1, Margin: 0.1}, fakeresult.Options{}, judge.Inconclusive, "more than one iteration"},
		{"p99 of too few", record.Guardrail{Phase: "decode", Statistic: "p99", MinRatio: 1, Margin: 0.1}, fakeresult.Options{Single: 20}, judge.Inconclusive, "40 single iterations"},
		{"slowest, in time", record.Guardrail{Phase: "decode", Statistic: "max", MaxTime: 20e6}, fakeresult.Options{Single: 10, Tail: 0.05}, judge.Pass, "max of decode's single iterations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.g.Name, c.g.OnFail = "asked", judge.OnFailFail
			c.o.Margin, c.o.Guardrails = -1, []record.Guardrail{c.g}
			r, err := fakeresult.New(c.o)
			if err != nil {
				t.Fatal(err)
			}
			js := r.Cases[0].Judgements
			if len(js) != 1 || js[0].Verdict != c.want || !strings.Contains(js[0].Reason, c.reason) {
				t.Fatalf("want %s with %q, got %+v", c.want, c.reason, js)
			}
			if r.Verdict != string(c.want) {
				t.Errorf("verdict of the document: %s", r.Verdict)
			}
			exact := c.g.AsIs()
			if rounds := len(r.Cases[0].Rounds); exact && (rounds != 8 || len(r.Plan.Looks) != 1 || r.Plan.Claims != 0) {
				t.Errorf("as it is, but %d rounds, %d looks, %d claims", rounds, len(r.Plan.Looks), r.Plan.Claims)
			}
		})
	}
}

// A plugin's own metric of a built-in name wins.
func TestOwnMetricWins(t *testing.T) {
	r, err := fakeresult.New(fakeresult.Options{
		Margin:     -1,
		Guardrails: []record.Guardrail{{Name: "start", Metric: "start_time", Unit: "s", Max: number(10)}},
		Released: func(string, *rand.Rand) record.Released {
			return record.Released{Metrics: map[string]float64{"start_time": 60}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if j := r.Cases[0].Judgements[0]; j.Verdict != judge.Fail || *j.Estimate != 60 {
		t.Errorf("%s at %v", j.Verdict, *j.Estimate)
	}
}

// The reasons by guardrail that older documents have are read as trade-offs.
func TestOldTradeoffs(t *testing.T) {
	var o record.Tradeoffs
	if err := o.UnmarshalJSON([]byte(`{"b": "second", "a": "first"}`)); err != nil {
		t.Fatal(err)
	}
	want := record.Tradeoffs{{Guardrail: "a", Reason: "first"}, {Guardrail: "b", Reason: "second"}}
	if !slices.EqualFunc(o, want, func(x, y judge.Tradeoff) bool { return x.Guardrail == y.Guardrail && x.Reason == y.Reason }) {
		t.Errorf("%+v", o)
	}
	if err := o.UnmarshalJSON([]byte(`[{"guardrail": "a", "reason": "r", "surprise": 1}]`)); err == nil {
		t.Error("an unknown field is read")
	}
}

// A p90 at its bound, and one that equals the baseline's less the margin, are
// judged wrongly no more often than they may be. The times have a tail, the
// rounds differ, and a round's p90 is of few iterations.
func TestPercentileError(t *testing.T) {
	t.Parallel()
	const trials, allowed, tail, base = 120, 0.05, 0.2, 1e6
	truth := base * (1 + tail*math.Log(10)) // p90 of an exponential on top of a constant
	most := allowed + 3*math.Sqrt(allowed*(1-allowed)/trials)
	at := record.Guardrail{Name: "at", Phase: "decode", Statistic: "p90", MaxTime: int64(truth), OnFail: judge.OnFailFail}
	loss := record.Guardrail{Name: "loss", Phase: "decode", Statistic: "p90", MinRatio: 1, Margin: 0.05, OnFail: judge.OnFailFail}
	for _, c := range []struct {
		name  string
		g     record.Guardrail
		speed float64
		wrong judge.Verdict
	}{
		{"at the bound, pass", at, 1, judge.Pass},
		{"at the bound, fail", at, 1, judge.Fail},
		{"no loss, fail", loss, 1, judge.Fail},
		{"loss of the margin, pass", loss, 0.95, judge.Pass},
	} {
		wrong := 0
		for i := range trials {
			r, err := fakeresult.New(fakeresult.Options{
				Seed: uint64(1 + i), Margin: -1, Guardrails: []record.Guardrail{c.g}, BaseNs: base, Noise: 0.004,
				Single: 20, Tail: tail, Variants: map[string]float64{"fused": c.speed}, Order: []string{"fused"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Cases[0].Judgements[0].Verdict == c.wrong {
				wrong++
			}
		}
		if share := float64(wrong) / trials; share > most {
			t.Errorf("%s: %.1f %% of sessions, want at most %.0f %%", c.name, 100*share, 100*allowed)
		} else {
			t.Logf("%s: %.1f %%", c.name, 100*share)
		}
	}
}
