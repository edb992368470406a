package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/core/sdk/sdktest/faulty"
	"github.com/assay-bench/assay/metal"
)

func TestEveryPathIsCorrect(t *testing.T) {
	for _, config := range []string{
		`{"model":"tiny","path":"unfused","dtype":"float32"}`,
		`{"model":"tiny","path":"checked","dtype":"float32"}`,
		`{"model":"tiny","path":"resolved","dtype":"float32"}`,
		`{"model":"tiny","path":"checked","fused_gate_up":true,"tokens":3,"layers":2}`,
		`{"model":"tiny","path":"resolved","fused_gate_up":true,"combine":"fp32_no_fma","dtype":"float16","bits":8}`,
		`{"model":"tiny","path":"unfused","combine":"exact","layers":3,"prompt_tokens":5}`,
		`{"model":"tiny","path":"resolved","combine":"exact","group_size":32}`,
		`{"model":"tiny","path":"checked","hidden":1024,"inter":64,"top_k":4,"experts":8,"fused_gate_up":true}`,
		`{"model":"tiny","path":"resolved","hidden":320,"inter":192,"top_k":1,"dtype":"float32"}`,
		`{"model":"tiny","path":"resolved","routing":"zipf","routing_skew":2,"tokens":3,"layers":2}`,
		`{"model":"tiny","path":"resolved","fused_gate_up":true,"mode":"mxfp4"}`,
		`{"model":"tiny","path":"checked","fused_gate_up":true,"mode":"nvfp4","dtype":"float32"}`,
	} {
		t.Run(config, func(t *testing.T) {
			r := sdktest.Run(t, faulty.In(plugin(), nil), config)
			names := map[string]int{}
			for _, c := range r.Checks {
				names[c.GetName()]++
			}
			for _, phase := range []string{"decode", "prefill"} {
				for _, stage := range []string{"gating", "gate_up", "down_combine"} {
					if names[phase+" "+stage] != 2 {
						t.Errorf("%s %s was checked %d times, want before and after timing", phase, stage, names[phase+" "+stage])
					}
				}
				if len(r.Samples[phase]) == 0 {
					t.Errorf("no sample of %s", phase)
				}
			}
		})
	}
}

// GLM's shape has a shared expert; four of its routed ones are enough here.
func TestSharedExpert(t *testing.T) {
	config := `{"model":"glm-4.7-flash","experts":4,"path":"resolved","prompt_tokens":2,"combine":"fp32_no_fma"}`
	shared := 0
	for _, c := range sdktest.Run(t, faulty.In(plugin(), nil), config).Checks {
		if strings.HasSuffix(c.GetName(), " shared") {
			shared++
		}
	}
	if shared != 4 {
		t.Errorf("the shared expert was checked %d times, want in both phases, before and after timing", shared)
	}
	h := sdktest.Start(t, faulty.In(plugin(), faulty.Missing("quantized_matmul")))
	h.Open("cpu")
	p, found := h.Prepare("a", config, 1)
	if p == nil {
		t.Fatal(found)
	}
	for _, c := range p.GetChecks() {
		if strings.HasSuffix(c.GetName(), " shared") && c.GetPassed() {
			t.Errorf("%s passes without the shared expert's matrices", c.GetName())
		}
	}
}

// Only the checked path hands dispatches to the device while it is timed.
func TestCheckedDecidesAtEveryCall(t *testing.T) {
	for _, path := range []string{unfused, checked, resolved} {
		seen := 0
		h := sdktest.Start(t, faulty.In(plugin(), func(d metal.Dispatch) (metal.Dispatch, bool) {
			seen++
			return d, true
		}))
		h.Open("cpu")
		if p, found := h.Prepare("a", `{"model":"tiny","path":"`+path+`"}`, 1); p == nil {
			t.Fatal(found)
		}
		before := seen
		h.Measure("a", "decode", 2)
		if decided := seen > before; decided != (path == checked) {
			t.Errorf("%s: %d dispatches were handed over while it was timed", path, seen-before)
		}
	}
}

func TestWrongKernelsAreNoticed(t *testing.T) {
	for _, tt := range []struct {
		path, check string
		fault       faulty.Fault
	}{
		{"unfused", "gating", faulty.Missing("topk_gating")},
		{"unfused", "gate_up", faulty.Missing("swiglu")},
		{"unfused", "down_combine", faulty.Missing("moe_combine")},
		{"checked", "down_combine", faulty.Missing("gather_qmm_combine")},
		{"resolved", "down_combine", faulty.Swapped("gather_qmm_combine", 2, 3)},
	} {
		t.Run(tt.path+" "+tt.check, func(t *testing.T) {
			h := sdktest.Start(t, faulty.In(plugin(), tt.fault))
			h.Open("cpu")
			p, found := h.Prepare("a", `{"model":"tiny","dtype":"float32","path":"`+tt.path+`"}`, 1)
			if p == nil {
				t.Fatal(found)
			}
			failed := 0
			for _, c := range append(p.GetChecks(), h.Release("a").GetChecks()...) {
				if c.GetName() == "decode "+tt.check && !c.GetPassed() {
					failed++
				}
			}
			if failed != 2 {
				t.Errorf("decode %s failed %d times, want before and after timing", tt.check, failed)
			}
		})
	}
}
