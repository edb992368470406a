package main

import (
	_ "embed"

	"github.com/assay-bench/assay/core/sdk"
)

//go:embed README.md
var readme string

// What can be timed.
const (
	ttft    = "ttft"
	decode  = "decode"
	prefill = "prefill"
)

func plugin() sdk.Plugin[Config] {
	return sdk.Plugin[Config]{
		Name: "endpoint", Version: "0.1.0", Source: "assay/endpoint", Doc: readme, NoDevice: true,
		Phases: []sdk.Phase{
			{Name: decode, Doc: "time of a token after the first, by the server's own count of tokens", Unit: "tok", Single: true},
			{Name: ttft, Doc: "time from a request to the first piece of its answer", Unit: "call", Single: true},
			{Name: prefill, Doc: "time to the first piece of an answer, for each token of its prompt; nothing of the prompt cached", Unit: "tok", Single: true},
		},
		Metrics: []sdk.Metric{
			{Name: "prompt_tokens", Unit: "tok", Doc: "tokens of a prompt, mean over the prompts"},
			{Name: "completion_tokens", Unit: "tok", Doc: "tokens of an answer, mean over the prompts"},
			{Name: "tokens_per_piece", Unit: "tok", Doc: "tokens of an answer for each piece that it came in"},
			{Name: "cached_tokens", Unit: "tok", Doc: "tokens of a prompt that the server took from its cache, mean over a sample"},
			{Name: "pieces_per_read", Doc: "pieces of an answer for each read that brought some; well above 1, this machine is too busy to see when tokens come", Better: sdk.BetterLower},
			{Name: "deterministic", Doc: "1: a prompt sent twice got the same text", Better: sdk.BetterHigher},
			{Name: "idle_cpu", Unit: "cores", Doc: "cores that the server keeps busy without a request", Better: sdk.BetterLower},
		},
		Validate: validate,
		Starts: func(c Config) []sdk.Command {
			if len(c.Argv) == 0 {
				return nil
			}
			return []sdk.Command{{Argv: c.Argv, Folder: c.Folder}}
		},
		Prepare: prepare,
	}
}
