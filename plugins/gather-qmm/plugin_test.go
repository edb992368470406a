package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/core/sdk/sdktest/faulty"
)

func TestEveryPathIsCorrect(t *testing.T) {
	for _, config := range []string{
		`{"model":"tiny","dtype":"float32"}`,
		`{"model":"tiny","dtype":"float32","fused":true}`,
		`{"model":"tiny","dtype":"bfloat16","fused":true,"replay":false}`,
		`{"model":"tiny","dtype":"float16","replay":false,"down":true,"tokens":4}`,
		`{"model":"tiny","bits":8,"group_size":32,"layers":2,"down":true,"fused":true}`,
		`{"model":"tiny","bits":2,"group_size":128,"tokens":3,"prompt_tokens":7}`,
		`{"model":"tiny","hidden":320,"inter":192,"experts":8,"top_k":3,"down":true,"tokens":2,"prompt_tokens":5}`,
		`{"model":"tiny","hidden":1024,"inter":64,"top_k":1,"fused":true,"routing":"zipf","dtype":"float32"}`,
		`{"model":"tiny","routing":"zipf","routing_skew":1.5,"tokens":3,"fused":true,"down":true}`,
	} {
		t.Run(config, func(t *testing.T) {
			r := sdktest.Run(t, faulty.In(plugin(), nil), config)
			if len(r.Checks) < 4 {
				t.Errorf("%d checks, want gate_up of both phases, before and after timing", len(r.Checks))
			}
			for _, phase := range []string{"decode", "prefill"} {
				if len(r.Samples[phase]) == 0 {
					t.Errorf("no sample of %s", phase)
				}
				if n := r.Prepared.GetNumbers()[phase]; len(n.GetValues()) == 0 || n.GetTolerance() <= 0 {
					t.Errorf("%s gives no numbers to hold against another engine's: %v", phase, n)
				}
				if f := r.Prepared.GetPhases()[phase]; f.GetBytesPerIteration() <= 0 || f.GetUnitsPerIteration() <= 0 {
					t.Errorf("%s declares %v", phase, f)
				}
			}
		})
	}
}

// Two preparations of one configuration have the same error, so that a difference
// between variants is theirs.
func TestErrorIsOfTheInputsAlone(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	h.Open("cpu")
	var errs []float64
	for _, id := range []string{"once", "again"} {
		p, found := h.Prepare(id, `{"model":"tiny","prompt_tokens":3}`, 7)
		if p == nil {
			t.Fatal(found)
		}
		errs = append(errs, p.GetMetrics()["rel_err"])
	}
	if errs[0] <= 0 || errs[0] != errs[1] {
		t.Errorf("errors of %v", errs)
	}
}

func TestEveryFormat(t *testing.T) {
	for _, bits := range []int{2, 3, 4, 5, 6, 8} {
		for _, group := range []int{32, 64, 128} {
			config := fmt.Sprintf(`{"model":"tiny","bits":%d,"group_size":%d,"fused":true,"down":true,"prompt_tokens":3}`, bits, group)
			t.Run(config, func(t *testing.T) { sdktest.Run(t, faulty.In(plugin(), nil), config) })
		}
	}
	for _, mode := range []string{"mxfp4", "mxfp8", "nvfp4"} {
		config := fmt.Sprintf(`{"model":"tiny","mode":%q,"fused":true,"down":true,"prompt_tokens":3}`, mode)
		t.Run(config, func(t *testing.T) { sdktest.Run(t, faulty.In(plugin(), nil), config) })
	}
}

// At Qwen3's decode shape a token reads 8 experts' gate and up, 2048·768 weights
// each at 0.5625 bytes, and one row; it writes eight rows of 768.
func TestDeclaredBytesAtQwen3Shape(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	h.Open("cpu")
	p, found := h.Prepare("a", `{"experts":8,"prompt_tokens":1,"fused":true}`, 1)
	if p == nil {
		t.Fatal(found)
	}
	want := int64(8*2*2048*768*0.5625 + 2*2048 + 2*8*768)
	if got := p.GetPhases()["decode"].GetBytesPerIteration(); got != want {
		t.Errorf("decode declares %d bytes, want %d", got, want)
	}
	for _, c := range p.GetChecks() {
		if !c.GetPassed() {
			t.Errorf("%s: %g above %g", c.GetName(), c.GetValue(), c.GetLimit())
		}
	}
}

// A result that is not of the model's shape says so.
func TestChangedShapesAreNamed(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	h.Open("cpu")
	for config, want := range map[string]string{
		`{"model":"Tiny"}`: "tiny",
		`{"model":"tiny","hidden":512,"inter":128,"top_k":2}`: "tiny",
		`{"model":"tiny","hidden":256,"top_k":1}`:             "tiny, top_k 1, hidden 256",
		`{"model":"tiny","inter":64}`:                         "tiny, inter 64",
	} {
		p, found := h.Prepare(config, config, 1)
		if p == nil {
			t.Fatal(found)
		}
		if got := p.GetFacts()["model"]; got != want {
			t.Errorf("%s is %q, want %q", config, got, want)
		}
	}
}

// Bytes are those of the experts that tokens choose: fewer where some are popular, and
// two where a file says that all tokens choose these.
func TestBytesFollowTheRouting(t *testing.T) {
	alike := filepath.Join(t.TempDir(), "alike.txt")
	if err := os.WriteFile(alike, []byte(strings.Repeat("3 9\n", 8)), 0o600); err != nil {
		t.Fatal(err)
	}
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	h.Open("cpu")
	const expert, rows = 2 * 128 * 512 * 0.5625, 8*512*2 + 8*2*128*2
	last := int64(1 << 40)
	for i, routing := range []string{
		`"routing":"zipf","routing_skew":0`, `"routing":"zipf"`, `"routing":"zipf","routing_skew":4`, fmt.Sprintf(`"routing":"recorded","routing_file":%q`, alike),
	} {
		p, found := h.Prepare(fmt.Sprint(i), `{"model":"tiny","tokens":8,"prompt_tokens":8,`+routing+`}`, 1)
		if p == nil {
			t.Fatal(found)
		}
		bytes, experts := p.GetPhases()["decode"].GetBytesPerIteration(), p.GetMetrics()["decode_experts"]
		if bytes >= last || math.Abs(float64(bytes)-expert*experts-rows) > 16 { // each step's share is rounded
			t.Errorf("%s: %d bytes of %g experts, with less skew %d", routing, bytes, experts, last)
		}
		last = bytes
	}
	if last != expert*2+rows {
		t.Errorf("%d bytes where all tokens choose the same two experts", last)
	}
}

func TestWrongKernelsAreNoticed(t *testing.T) {
	for _, tt := range []struct {
		name, config string
		fault        faulty.Fault
		check        string
	}{
		{"the fused kernel writes nothing", `{"fused":true,"down":true}`, faulty.Missing("gather_qmm_swiglu"), "gate_up"},
		{"gate and up exchanged", `{}`, faulty.Swapped("swiglu", 0, 1), "gate_up"},
		{"up's scales and biases exchanged", `{"fused":true}`, faulty.Swapped("gather_qmm_swiglu", 5, 6), "gate_up"},
		{"scales and biases exchanged", `{"down":true,"replay":false}`, faulty.Swapped("gather_qmm_f32", 2, 3), "down"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := strings.Replace(tt.config, "{", `{"model":"tiny","dtype":"float32","tokens":2,`, 1)
			config = strings.Replace(config, ",}", "}", 1)
			h := sdktest.Start(t, faulty.In(plugin(), tt.fault))
			h.Open("cpu")
			p, found := h.Prepare("a", config, 1)
			if p == nil {
				t.Fatal(found)
			}
			checks := append(p.GetChecks(), h.Release("a").GetChecks()...)
			failed := 0
			for _, c := range checks {
				if strings.HasPrefix(c.GetName(), "decode "+tt.check) && !c.GetPassed() {
					failed++
				}
			}
			if failed != 2 {
				t.Errorf("decode %s failed %d times, want before and after timing: %v", tt.check, failed, checks)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	for _, tt := range []struct{ config, path string }{
		{`{"model":"qwen4"}`, "model"},
		{`{"layers":49}`, "layers"},
		{`{"experts":4}`, "experts"},
		{`{"experts":129}`, "experts"},
		{`{"top_k":129}`, "top_k"},
		{`{"top_k":8,"experts":7}`, "experts"},
		{`{"hidden":2080}`, "hidden"},
		{`{"inter":100}`, "inter"},
		{`{"hidden":1024,"group_size":16}`, "group_size"},
		{`{"hidden":2112,"fused":true}`, "fused"},
		{`{"routing_skew":1}`, "routing_skew"},
		{`{"routing":"recorded"}`, "routing_file"},
		{`{"routing":"recorded","routing_file":"/dev/zero"}`, "routing_file"},
	} {
		found := h.Validate(tt.config)
		if len(found) != 1 || found[0].GetPath()[0].GetName() != tt.path || found[0].GetDetail() == "" {
			t.Errorf("%s: %v, want one diagnostic at %s with advice", tt.config, found, tt.path)
		}
	}
	if found := h.Validate(`{}`); len(found) > 0 {
		t.Errorf("the defaults are refused: %v", found)
	}
}

func TestConfigurationsShareWeights(t *testing.T) {
	h := sdktest.Start(t, faulty.In(plugin(), nil))
	h.Open("cpu")
	var bytes []int64
	for i, config := range []string{`{"model":"tiny","fused":false}`, `{"model":"tiny","fused":true}`, `{"model":"tiny","fused":false}`} {
		p, found := h.Prepare(fmt.Sprint(i), config, 1)
		if p == nil {
			t.Fatal(found)
		}
		bytes = append(bytes, p.GetDeviceBytes())
	}
	weights := int64(16 * 2 * 128 * 512 * 0.5625)
	for i := 1; i < len(bytes); i++ {
		if more := bytes[i] - bytes[i-1]; more >= weights {
			t.Errorf("configuration %d takes %d bytes more, as if it had its own %d bytes of weights", i, more, weights)
		}
	}
	for i := range bytes {
		h.Release(fmt.Sprint(i))
	}
	p, found := h.Prepare("again", `{"model":"tiny"}`, 1)
	if p == nil {
		t.Fatal(found)
	}
	if p.GetDeviceBytes() > bytes[0] {
		t.Errorf("%d bytes alive after all was released, want at most the %d of one configuration", p.GetDeviceBytes(), bytes[0])
	}
}
