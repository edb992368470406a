package main

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/core/sdk/sdktest/faulty"
	"github.com/assay-bench/assay/metal/cpu"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/plugins/internal/decoder"
	"github.com/assay-bench/assay/plugins/internal/moe"
)

const small = `"model":"tiny","dtype":"float32","layers":2,"vocab":64,"prompt_tokens":5,"fidelity_tokens":8`

func TestPatchesAreCorrectAndFaithful(t *testing.T) {
	for _, config := range []string{
		`{` + small + `}`,
		`{` + small + `,"patches":["fused_gating","fused_gate_up","fused_down_combine"]}`,
		`{` + small + `,"patches":["fused_gate_up"],"fused_max_tokens":0,"tokens":2}`,
		`{` + small + `,"patches":["fused_down_combine"],"combine":"fp32_no_fma"}`,
		`{` + small + `,"patches":["fused_gating"],"planted":["fused_gating"],"planted_share":0.5}`,
	} {
		t.Run(config, func(t *testing.T) {
			r := sdktest.Run(t, faulty.In(plugin(), nil), config)
			tokens := 0
			for _, c := range r.Checks {
				if c.GetKind() == pluginv1.Check_KIND_FIDELITY {
					tokens++
					if !strings.HasSuffix(c.GetDetail(), "identical") {
						t.Errorf("%s: %s", c.GetName(), c.GetDetail())
					}
				}
			}
			if tokens != 2 {
				t.Errorf("fidelity was checked %d times, want before and after timing", tokens)
			}
		})
	}
}

// Every patch of a whole model by itself, all together, and a checked plant.
func TestPatchesOfAModel(t *testing.T) {
	const model = `"scope":"model","dtype":"float32","layers":2,"vocab":64,"context":9,"prompt_tokens":5,"fidelity_tokens":8,"decode_tokens":8`
	configs := []string{
		`{"model":"tiny",` + model + `,"patches":["fused_gating"],"planted":["fused_gating"],"planted_share":0.5}`,
		`{"model":"tiny-llama",` + model + `,"patches":["fused_gate_up","fused_qkv","fused_rope","fused_norm"],"fused_max_tokens":2}`,
		`{"model":"tiny",` + model + `,"patches":["` + strings.Join(patches(decoder.Scope), `","`) + `"]}`,
	}
	for _, p := range patches(decoder.Scope) {
		configs = append(configs, `{"model":"tiny",`+model+`,"patches":["`+p+`"]}`)
	}
	for _, config := range configs {
		t.Run(config, func(t *testing.T) {
			r := sdktest.Run(t, faulty.In(plugin(), nil), config)
			fidelity := 0
			for _, c := range r.Checks {
				if c.GetKind() == pluginv1.Check_KIND_FIDELITY {
					fidelity++
				}
			}
			if fidelity != 4 {
				t.Errorf("fidelity was checked %d times, want tokens and logits before and after timing", fidelity)
			}
		})
	}
}

// A patch that computes something else must change tokens.
func TestFidelityNoticesAWrongPatch(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), faulty.Swapped("gather_qmm_swiglu", 1, 4)))
	h.Open("cpu")
	p, found := h.Prepare("a", `{`+small+`,"patches":["fused_gate_up"]}`, 1)
	if p == nil {
		t.Fatal(found)
	}
	for _, c := range p.GetChecks() {
		if c.GetKind() == pluginv1.Check_KIND_FIDELITY && c.GetPassed() {
			t.Errorf("%s passed: %s", c.GetName(), c.GetDetail())
		}
	}
}

// A stack that repeats itself would make fidelity an easy test.
func TestGreedyTokensVary(t *testing.T) {
	dev, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	set, err := kernels.Load(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Vocab: 256, Tokens: 1, Combine: "fp32"}
	cfg.Spec = moe.Spec{Model: "tiny", DType: new("float32"), Layers: 2}
	r, err := cfg.Need()
	if err != nil {
		t.Fatal(err)
	}
	var pool kernels.Pool
	lease, buffers := pool.Lease(dev), kernels.Buffers{Device: dev}
	defer lease.Release()
	defer buffers.Release()
	m, err := newModel(sdk.Request[Config]{Config: cfg, Device: dev, Seed: 5}, r, set, lease, &buffers)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newStack(m, cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	tokens, err := generate(t.Context(), s, 24, 5)
	if err != nil {
		t.Fatal(err)
	}
	distinct := map[uint32]bool{}
	for _, id := range tokens {
		distinct[id] = true
	}
	if len(distinct) < 16 {
		t.Errorf("24 greedy tokens are only %d different ones: %v", len(distinct), tokens)
	}
}

func TestFusedMaxTokensZeroSwitchesTheFusedGateUpOff(t *testing.T) {
	cfg := Config{Patches: []string{fusedGateUp, fusedGating}, FusedMaxTokens: 0}
	if cfg.on(fusedGateUp, 1) {
		t.Error("fused_gate_up is on although fused_max_tokens is 0")
	}
	cfg.FusedMaxTokens = 4
	if !cfg.on(fusedGateUp, 4) || cfg.on(fusedGateUp, 5) || !cfg.on(fusedGating, 5) {
		t.Error("fused_max_tokens = 4 should allow the fused gate/up up to 4 tokens and leave other patches alone")
	}
}

func TestPlantedNeedsAllItsPatches(t *testing.T) {
	cfg := Config{Planted: []string{fusedGating, fusedDownCombine}, Patches: []string{fusedGating}}
	if cfg.isPlanted(1) {
		t.Error("planted with one of its two patches")
	}
	cfg.Patches = append(cfg.Patches, fusedDownCombine)
	if !cfg.isPlanted(1) {
		t.Error("not planted although both patches are on")
	}
}

func TestValidate(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	for _, tt := range []struct{ config, want string }{
		{`{"patches":["fused_norm"]}`, "is none of fused_gating, fused_gate_up, fused_down_combine"},
		{`{"scope":"model","model":"tiny","vocab":64,"patches":["fused_head"]}`, "fused_rope, fused_norm"},
		{`{"scope":"model","model":"tiny","vocab":64,"tokens":2}`, "take another scope"},
		{`{"scope":"model","model":"tiny-llama","vocab":64,"planted":["fused_norm"]}`, "leave planted out"},
	} {
		config, want := tt.config, tt.want
		if found := h.Validate(config); len(found) != 1 || !strings.Contains(found[0].GetDetail(), want) {
			t.Errorf("%s: %v, want …%s…", config, found, want)
		}
	}
	found := h.Validate(`{"patches":["fused_gating","fused_rope"]}`)
	if len(found) != 1 || found[0].GetPath()[1].GetIndex() != 1 || !strings.Contains(found[0].GetDetail(), fusedGateUp) {
		t.Errorf("%v, want one diagnostic at patches[1] that lists the patches", found)
	}
}
