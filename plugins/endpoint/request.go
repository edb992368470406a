package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/assay-bench/assay/core/sdk"
)

// ours are the fields of a request that extra may not set.
var ours = []string{"model", "prompt", "messages", "max_tokens", "temperature", "stream", "stream_options", "seed", "logprobs", "n"}

// dialect is what a server was found to understand.
type dialect struct {
	api           string
	model         string // empty: requests name none
	streamOptions bool   // usage in a stream can be asked for
	cachePrompt   bool   // cache_prompt: false is not refused
}

// asking says how a prompt is to be asked.
type asking struct {
	tokens int
	stream bool
	key    uint64 // of a prompt that no cache knows; 0: as it is
	ids    bool   // token ids are wanted
	afresh bool   // without the server's cache of prefixes, where it can be told so
}

func (d dialect) path() string {
	if d.api == chat {
		return "/v1/chat/completions"
	}
	return "/v1/completions"
}

// body of a request.
func (d dialect) body(s *settings, p *prompt, q asking) ([]byte, error) {
	fields := map[string]any{"max_tokens": q.tokens, "temperature": 0, "stream": q.stream}
	text, messages := p.render(q.key)
	switch {
	case messages != nil:
		fields["messages"] = messages
	case d.api == chat:
		fields["messages"] = []chatter{{Role: "user", Content: text}}
	default:
		fields["prompt"] = text
	}
	if d.model != "" {
		fields["model"] = d.model
	}
	if s.Seed != nil {
		fields["seed"] = *s.Seed
	}
	if q.stream && d.streamOptions {
		fields["stream_options"] = map[string]bool{"include_usage": true}
	}
	if (q.key != 0 || q.afresh) && d.cachePrompt {
		fields["cache_prompt"] = false // llama.cpp
	}
	if q.ids {
		fields["logprobs"], fields["return_token_ids"] = true, true // the second is vLLM's
	}
	out := maps.Clone(fields)
	for name, value := range s.extra {
		out[name] = value
	}
	return json.Marshal(out)
}

// ask sends a prompt and reads the answer.
func (x *configuration) ask(ctx context.Context, p *prompt, q asking) (answer, error) {
	body, err := x.dialect.body(&x.settings, p, q)
	if err != nil {
		return answer{}, err
	}
	return x.client.post(ctx, x.dialect.path(), body)
}

// refused makes advice of an error of a request, if it is not the caller who gave up.
func (x *configuration) refused(err error, doing string) error {
	if errors.Is(err, context.Canceled) || errors.As(err, new(sdk.Diagnostic)) {
		return err
	}
	d := fault("", "request_failed", "a request failed", fmt.Sprintf("%s: %v", doing, err))
	if text := x.server.died(); text != "" {
		d.Summary, d.Code, d.Detail = "the server ended", "server_ended", d.Detail+"\n"+text
	}
	return d
}
