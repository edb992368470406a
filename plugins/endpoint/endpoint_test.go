package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

func serve(t *testing.T, f *fake) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// config is a configuration in JSON: url and what is given.
func config(url string, fields ...any) string {
	m := map[string]any{"url": url, "max_tokens": 3, "context": 60}
	for i := 0; i < len(fields); i += 2 {
		m[fields[i].(string)] = fields[i+1]
	}
	data, _ := json.Marshal(m)
	return string(data)
}

func promptFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServers(t *testing.T) {
	for _, tt := range []struct {
		style    string
		fields   []any
		api      string
		compared string
		prompt   float64
	}{
		{"mlx", nil, completions, "text and token ids", 60},
		{"llama", nil, completions, "text and token ids", 60},
		{"vllm", nil, completions, "text and token ids", 60},
		{"mlx", []any{"api", chat, "context", 200}, chat, "text and token ids", 200},
		{"llama", []any{"api", chat, "concurrency", 3}, chat, "text and token ids", 60},
		{"vllm", []any{"concurrency", 2, "seed", 7, "extra", map[string]string{"ignore_eos": "true", "user": "me"}}, completions, "text and token ids", 60},
	} {
		t.Run(fmt.Sprint(tt.style, tt.fields), func(t *testing.T) {
			t.Parallel()
			f := &fake{style: tt.style}
			r := sdktest.Run(t, plugin(), config(serve(t, f), tt.fields...))
			for _, phase := range []string{decode, ttft, prefill} {
				for _, s := range r.Samples[phase] {
					if s.GetIterations() != 1 || s.GetWallNs() <= 0 {
						t.Errorf("%s: %v", phase, s)
					}
				}
			}
			facts := r.Prepared.GetFacts()
			if facts["api"] != tt.api || facts["compared"] != tt.compared || facts["model"] != "tiny" || len(r.Prepared.GetOutputs()["text"]) != 64 {
				t.Errorf("facts %v", facts)
			}
			if m := r.Metrics; m["prompt_tokens"] < tt.prompt-4 || m["prompt_tokens"] > tt.prompt+4 || m["completion_tokens"] != 3 || m["deterministic"] != 1 || m["tokens_per_piece"] != 1 {
				t.Errorf("metrics %v", m)
			}
			if len(r.Checks) != 1 || !strings.HasSuffix(r.Checks[0].GetDetail(), "texts as before timing, 0 empty") {
				t.Errorf("checks %v", r.Checks)
			}
			body := f.bodies[len(f.bodies)-1]
			if body["temperature"] != 0.0 || body["stream"] != true || body["model"] != nil {
				t.Errorf("request %v", body)
			}
			if tt.style == "vllm" && tt.fields != nil && (body["seed"] != 7.0 || body["ignore_eos"] != true || body["user"] != "me") {
				t.Errorf("request %v has not the fields of seed and extra", body)
			}
		})
	}
}

// One token takes less than a request, and a prompt's tokens together take the
// time to the first one.
func TestFiguresOfOneRequest(t *testing.T) {
	r := sdktest.Run(t, plugin(), config(serve(t, &fake{style: "llama"})))
	for i, s := range r.Samples[decode] {
		if s.GetWallNs() < gap.Nanoseconds()/2 {
			t.Errorf("decode sample %d: %d ns for each of two tokens, the last of which came after %v", i, s.GetWallNs(), gap)
		}
	}
}

func TestArmsCanBeComparedByTheirOutputs(t *testing.T) {
	sha := map[string]string{}
	for name, c := range map[string]string{
		"a":     config(serve(t, &fake{style: "mlx"})),
		"b":     config(serve(t, &fake{style: "vllm", fault: "no logprobs"})),
		"other": config(serve(t, &fake{style: "mlx"}), "max_tokens", 4),
	} {
		r := sdktest.Run(t, plugin(), c)
		sha[name] = r.Prepared.GetOutputs()["text"]
		if got := r.Prepared.GetFacts()["compared"]; name == "b" && got != "text" {
			t.Errorf("compared %q, want text where token ids are refused", got)
		}
	}
	if sha["a"] != sha["b"] || sha["a"] == sha["other"] {
		t.Errorf("digests %v", sha)
	}
}

func TestPromptsFromAFile(t *testing.T) {
	conversations := promptFile(t, "p.jsonl", `{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"why"}]}
{"messages":[{"role":"user","content":"one two three"}]}
`)
	plain := promptFile(t, "p.txt", "one two three\r\n\nfour five\n")
	for _, tt := range []struct {
		name   string
		fields []any
		facts  map[string]string
		tokens float64
	}{
		{"plain", []any{"prompts", plain, "context", 0}, map[string]string{"api": completions, "prompts": "2 of p.txt"}, 2.5},
		{"conversations", []any{"prompts", conversations, "context", 0}, map[string]string{"api": chat}, 4},
		{"filled up", []any{"prompts", conversations, "context", 100, "concurrency", 2}, map[string]string{"api": chat}, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{style: "vllm"}
			r := sdktest.Run(t, plugin(), config(serve(t, f), tt.fields...))
			for k, v := range tt.facts {
				if got := r.Prepared.GetFacts()[k]; got != v {
					t.Errorf("%s is %q, want %q", k, got, v)
				}
			}
			if got := r.Metrics["prompt_tokens"]; got < tt.tokens-4 || got > tt.tokens+4 || tt.tokens < 10 && got != tt.tokens {
				t.Errorf("%g prompt tokens, want %g", got, tt.tokens)
			}
		})
	}
}

// attempt prepares and returns the errors and warnings.
func attempt(t *testing.T, configJSON string) (errors, warnings string) {
	t.Helper()
	h := sdktest.Start(t, plugin())
	h.Open("cpu")
	_, found := h.Prepare("a", configJSON, 1)
	for _, d := range found {
		if d.GetSeverity() == pluginv1.Diagnostic_SEVERITY_WARNING {
			warnings += d.GetSummary() + ": " + d.GetDetail() + "\n"
			continue
		}
		errors += d.GetCode() + ": " + d.GetSummary() + ": " + d.GetDetail() + "\n"
	}
	return errors, warnings
}

func TestFaultsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		fault, style string
		fields       []any
		want         string // an error in preparation; "": none
		warning      string
	}{
		{"500", "mlx", nil, `out of memory\x1b[31m`, ""},
		{"redirect", "mlx", nil, "sends requests on to another one, 192.0.2.1", ""},
		{"key", "vllm", nil, "key_refused", ""},
		{"no chat", "llama", []any{"api", chat}, "404", ""},
		{"wants model", "vllm", nil, "model: field required", ""},
		{"ends at once", "llama", nil, "the answer has 1 tokens", ""},
		{"one giant piece", "vllm", nil, "3 tokens came in one piece", ""},
		{"held back", "vllm", nil, "pieces arrived at once", ""},
		{"one piece of JSON", "vllm", nil, "3 tokens came in one piece", ""},
		{"no usage", "vllm", nil, "usage.prompt_tokens", ""},
		{"no usage", "vllm", []any{"context", 0, "prompts", "p"}, "neither usage nor timings", ""},
		{"cached", "mlx", nil, "no prefill: the server took", ""},
		{"error in the stream", "llama", nil, `the slot\x07 is gone`, ""},
		{"garbage", "llama", nil, "no JSON", ""},
		{"cut", "mlx", nil, "ended before the answer did", ""},
		{"dies", "mlx", nil, "broke after 1 piece", ""},
		{"stalls", "mlx", []any{"request_timeout", "300ms"}, "no whole answer within request_timeout (300ms)", ""},
		{"", "vllm", []any{"context", 10, "prompts", "p"}, "does not fit", ""},

		{"no completions", "mlx", nil, "", ""},
		{"strict", "vllm", nil, "", ""},
		{"loading", "llama", nil, "", ""},
		{"no usage in streams", "vllm", nil, "", ""},
		{"no usage in streams", "llama", nil, "", ""},
		{"no [DONE]", "mlx", nil, "", ""},
		{"random", "mlx", nil, "", "did not get the same text twice"},
	} {
		t.Run(tt.fault+" "+tt.style+fmt.Sprint(tt.fields), func(t *testing.T) {
			t.Parallel()
			for i, v := range tt.fields {
				if v == "p" {
					tt.fields[i] = promptFile(t, "p.txt", strings.Repeat("word ", 20))
				}
			}
			c := config(serve(t, &fake{style: tt.style, fault: tt.fault}), append([]any{"startup_timeout", "400ms"}, tt.fields...)...)
			errors, warnings := attempt(t, c)
			if (errors == "") != (tt.want == "") || !strings.Contains(errors, tt.want) {
				t.Errorf("errors %q, want %q", errors, tt.want)
			}
			if !strings.Contains(warnings, tt.warning) || tt.warning == "" && tt.want == "" && warnings != "" {
				t.Errorf("warnings %q, want %q", warnings, tt.warning)
			}
		})
	}
}

// A server whose answers change while it is timed is still measured, and said
// to be such a one.
func TestAnswersThatChange(t *testing.T) {
	h := sdktest.Start(t, plugin())
	h.Open("cpu")
	f := &fake{style: "mlx"}
	if p, found := h.Prepare("a", config(serve(t, f)), 1); p == nil {
		t.Fatal(found)
	}
	f.mu.Lock()
	f.fault = "random"
	f.mu.Unlock()
	r := h.Release("a")
	if c := r.GetChecks()[0]; r.GetMetrics()["deterministic"] != 0 || !c.GetPassed() || c.GetDetail() != "0/1 texts as before timing, 0 empty" {
		t.Errorf("%v, %v", r.GetMetrics(), c)
	}
}
