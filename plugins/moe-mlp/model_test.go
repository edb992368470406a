package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/core/sdk/sdktest/faulty"
)

const whole = `"scope":"model","dtype":"float32","vocab":64,"context":6,"prompt_tokens":5,"decode_tokens":8,"fidelity_tokens":8`

func TestModelIsCorrectAndFaithful(t *testing.T) {
	for _, config := range []string{
		`{"model":"tiny","layers":2,` + whole + `}`,
		`{"model":"tiny","layers":2,"path":"checked","chunk":2,` + whole + `}`,
		`{"model":"tiny","layers":2,"path":"resolved","fused_gate_up":true,` + whole + `}`,
		`{"model":"tiny","path":"resolved","combine":"fp32_no_fma","context_fill":"random",` + whole + `}`,
		`{"model":"tiny","layers":2,"path":"resolved","fused_gate_up":true,"hidden":320,"inter":192,"experts":8,"top_k":3,` + whole + `}`,
		`{"model":"tiny-llama","layers":2,"path":"resolved","fused_gate_up":true,` + whole + `}`,
		`{"model":"tiny-llama","mode":"mxfp4",` + whole + `}`,
	} {
		t.Run(config, func(t *testing.T) {
			r := sdktest.Run(t, faulty.In(plugin(), nil), config)
			names := map[string]int{}
			for _, c := range r.Checks {
				names[c.GetName()]++
			}
			for _, name := range []string{"decode attention", "decode head", "decode argmax", "decode tokens", "decode logits", "prefill attention"} {
				if names[name] != 2 {
					t.Errorf("%s was checked %d times, want before and after timing: %v", name, names[name], names)
				}
			}
			for _, phase := range []string{"decode", "prefill"} {
				if len(r.Samples[phase]) == 0 {
					t.Errorf("no sample of %s", phase)
				}
			}
		})
	}
}

// A patch that computes something else must change tokens, and say from which on.
func TestModelFidelityNoticesAWrongPatch(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), faulty.Swapped("gather_qmm_swiglu", 1, 4)))
	h.Open("cpu")
	p, found := h.Prepare("a", `{"model":"tiny","path":"resolved","fused_gate_up":true,`+whole+`}`, 1)
	if p == nil {
		t.Fatal(found)
	}
	failed := 0
	for _, c := range p.GetChecks() {
		if c.GetKind() == pluginv1.Check_KIND_FIDELITY && !c.GetPassed() {
			failed++
			if strings.HasSuffix(c.GetName(), "tokens") && !strings.Contains(c.GetDetail(), "the first difference at ") {
				t.Errorf("%s: %s", c.GetName(), c.GetDetail())
			}
		}
	}
	if failed != 2 {
		t.Errorf("%d checks of fidelity failed, want logits and tokens", failed)
	}
}

func TestModelNoticesWrongKernels(t *testing.T) {
	for _, tt := range []struct {
		model, check string
		fault        faulty.Fault
	}{
		{"tiny", "attention", faulty.Missing("sdpa")},
		{"tiny", "attention", faulty.Swapped("sdpa", 1, 2)},
		{"tiny", "gating", faulty.Missing("topk_gating")},
		{"tiny", "argmax", faulty.Missing("argmax")},
		{"tiny-llama", "gate_up", faulty.Missing("swiglu")},
		{"tiny-llama", "head", faulty.Missing("quantized_matmul")},
	} {
		t.Run(tt.model+" "+tt.check, func(t *testing.T) {
			h := sdktest.Start(t, faulty.In(plugin(), tt.fault))
			h.Open("cpu")
			p, found := h.Prepare("a", `{"model":"`+tt.model+`",`+strings.Replace(whole, `"fidelity_tokens":8`, `"fidelity_tokens":0`, 1)+`}`, 1)
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

func TestModelFaults(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	for _, tt := range []struct{ config, want string }{
		{`{"scope":"model","model":"glm-4.7-flash"}`, "multi-head latent attention"},
		{`{"scope":"model","model":"tiny","tokens":2}`, "a model decodes one sequence"},
		{`{"scope":"model","model":"tiny","fidelity_tokens":65}`, "after decode_tokens = 64"},
		{`{"scope":"model","model":"tiny-llama","path":"checked"}`, "path = \"checked\" decides about MoE blocks"},
		{`{"scope":"model","model":"qwen3-1.7b","layers":29}`, "has 28 layers"},
		{`{"scope":"blocks","model":"qwen3-1.7b"}`, "none of qwen3-30b-a3b"},
		{`{"scope":"model","model":"qwen3-30b-a3b","vocab":151937}`, "use 1 to 151936"},
		{`{"scope":"model","model":"tiny","bits":5,"mode":"mxfp4"}`, "takes bits"},
		{`{"scope":"model","model":"tiny-llama","top_k":1}`, "tiny-llama is dense: leave top_k out"},
		{`{"scope":"model","model":"tiny-llama","hidden":512}`, "tiny-llama is dense: leave hidden out"},
		{`{"scope":"model","model":"tiny-llama","experts":4}`, "tiny-llama is dense: leave experts out"},
		{`{"scope":"model","model":"tiny","routing":"zipf"}`, "a model's own router chooses its experts"},
		{`{"scope":"model","model":"tiny","routing_skew":1}`, "leave routing_skew out"},
	} {
		config, want := tt.config, tt.want
		found := h.Validate(config)
		if len(found) != 1 || !strings.Contains(found[0].GetDetail()+found[0].GetSummary(), want) {
			t.Errorf("%s: %v, want …%s…", config, found, want)
		}
	}
}
