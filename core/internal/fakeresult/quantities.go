package fakeresult

import (
	"math/rand/v2"

	"github.com/assay-bench/assay/core/record"
)

// EveryQuantity asks about whatever can be asked about.
func EveryQuantity() Options {
	f := func(x float64) *float64 { return &x }
	return Options{
		Single: 10, Tail: 0.05, Variants: map[string]float64{"fused": 1, "slow": 0.8}, Order: []string{"fused", "slow"},
		Guardrails: []record.Guardrail{
			{Name: "tail", Phase: "decode", Statistic: "p90", MinRatio: 1, Margin: 0.05, MinGain: 0.05, OnFail: "require_tradeoff"},
			{Name: "late", Phase: "decode", Statistic: "p99", MaxTime: 12e6, OnFail: "fail"},
			{Name: "rate", Phase: "decode", Unit: "tok", MinRate: f(105), OnFail: "warn"},
			{Name: "memory", Metric: "peak_device_bytes", Unit: "B", Better: "lower", MinRatio: 1, Margin: 0.01, MinGain: 0.01, OnFail: "fail"},
			{Name: "limit", Metric: "peak_device_bytes", Unit: "B", Min: f(1 << 20), Max: f(110 << 20), OnFail: "fail"},
			{Name: "error", Metric: "rel_err", Better: "lower", Exact: true, MinRatio: 1, Margin: 0.1, OnFail: "fail"},
			{Name: "worst", Metric: "rel_err", Exact: true, Statistic: "max", Max: f(1e-3), OnFail: "fail"},
		},
		Tradeoffs: record.Tradeoffs{{Guardrail: "tail", Variant: "slow", Reason: "it saves memory", MaxLoss: f(0.25)}},
		Released: func(variant string, noise *rand.Rand) record.Released {
			bytes := 100.0
			if variant == "slow" {
				bytes = 80
			}
			return record.Released{PeakBytes: int64(bytes * (1 << 20) * (1 + 0.001*noise.NormFloat64())), Metrics: map[string]float64{"rel_err": 1e-4}}
		},
	}
}
