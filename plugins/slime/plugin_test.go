package main

import (
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/core/sdk/sdktest/faulty"
)

func TestMethodsAreCorrect(t *testing.T) {
	for _, config := range []string{
		`{"model":"tiny","method":"separate"}`,
		`{"model":"tiny","epsilon":0,"dtype":"float32"}`,
		`{"model":"tiny","epsilon":4,"dtype":"float32"}`,
		`{"model":"tiny","epsilon":4,"dtype":"float16","threadgroup":32}`,
		`{"model":"tiny","never":true,"bits":8,"tokens":3}`,
		`{"model":"tiny","epsilon":60,"bits":8,"group_size":128,"k":1024,"n":40}`,
	} {
		t.Run(config, func(t *testing.T) {
			r := sdktest.Run(t, faulty.In(plugin(), nil), config)
			if len(r.Checks) < 2 || len(r.Samples["decode"]) == 0 {
				t.Errorf("%d checks, %d samples", len(r.Checks), len(r.Samples["decode"]))
			}
		})
	}
}

// Refining less must never be more accurate, and the anchors must be what they
// are: everything refined and exact, nothing refined.
func TestEpsilonTradesErrorForRefinement(t *testing.T) {
	run := func(config string) (refined, err float64) {
		r := sdktest.Run(t, faulty.In(plugin(), nil), config)
		return r.Metrics["refine_rate"], r.Metrics["rel_err"]
	}
	exactRate, exactErr := run(`{"model":"tiny","dtype":"float32","epsilon":0}`)
	someRate, someErr := run(`{"model":"tiny","dtype":"float32","epsilon":12}`)
	noneRate, noneErr := run(`{"model":"tiny","dtype":"float32","never":true}`)
	if exactRate != 1 || exactErr > 1e-5 {
		t.Errorf("epsilon 0 refines %g with error %g, want everything and none", exactRate, exactErr)
	}
	if noneRate != 0 || noneErr < 0.05 {
		t.Errorf("never refines %g with error %g, want nothing and a large error", noneRate, noneErr)
	}
	if someRate <= 0 || someRate >= 1 || someErr <= exactErr || someErr >= noneErr {
		t.Errorf("epsilon 12 refines %g with error %g, want something between", someRate, someErr)
	}
}

func TestWrongKernelsAreNoticed(t *testing.T) {
	for _, tt := range []struct {
		name, config, check string
		fault               faulty.Fault
	}{
		{"gate and up scales exchanged", `{"model":"tiny","epsilon":4}`, "decode progressive", faulty.Swapped("progressive_swiglu", 2, 5)},
		{"gate and up codes exchanged", `{"model":"tiny","epsilon":0}`, "decode exact", faulty.Swapped("progressive_swiglu", 1, 4)},
		{"no swiglu", `{"model":"tiny","method":"separate"}`, "decode exact", faulty.Missing("swiglu")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := sdktest.Start(t, faulty.In(plugin(), tt.fault))
			h.Open("cpu")
			p, found := h.Prepare("a", tt.config, 1)
			if p == nil {
				t.Fatal(found)
			}
			failed := 0
			for _, c := range append(p.GetChecks(), h.Release("a").GetChecks()...) {
				if c.GetName() == tt.check && !c.GetPassed() {
					failed++
				}
			}
			if failed != 2 {
				t.Errorf("%s failed %d times, want before and after timing: %v", tt.check, failed, p.GetChecks())
			}
		})
	}
}

func TestValidate(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	for _, tt := range []struct{ config, path string }{
		{`{"k":100}`, "k"},
		{`{"threadgroup":3}`, "threadgroup"},
		{`{"model":"gpt"}`, "model"},
	} {
		found := h.Validate(tt.config)
		if len(found) != 1 || found[0].GetPath()[0].GetName() != tt.path || found[0].GetDetail() == "" {
			t.Errorf("%s: %v, want one diagnostic at %s with advice", tt.config, found, tt.path)
		}
	}
}
