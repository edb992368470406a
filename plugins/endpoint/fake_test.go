package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// fake behaves like one of three servers, as far as their behaviour is
// documented or was seen. Its model has a token for each word; an answer's
// tokens hang on the whole prompt.
type fake struct {
	style string // mlx, llama, vllm
	fault string // what is wrong with it

	mu     sync.Mutex
	seen   [][]string // prompts, for the cache of prefixes
	bodies []map[string]any
	models []string // of /v1/models
	count  int
}

// gap is the pause before the last token, long enough for it to arrive in a read of its own.
const gap = 25 * time.Millisecond

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case f.fault == "redirect":
		http.Redirect(w, r, "http://192.0.2.1/"+r.URL.Path, http.StatusTemporaryRedirect)
	case r.URL.Path == "/health":
		f.health(w)
	case r.URL.Path == "/v1/models":
		list := []any{}
		for _, m := range f.models {
			list = append(list, map[string]string{"id": m})
		}
		f.json(w, 200, map[string]any{"data": list})
	case r.URL.Path == "/v1/completions" || r.URL.Path == "/v1/chat/completions":
		f.complete(w, r)
	default:
		f.json(w, 404, map[string]any{"error": "Not Found"})
	}
}

func (f *fake) health(w http.ResponseWriter) {
	f.mu.Lock()
	f.count++
	n := f.count
	f.mu.Unlock()
	switch {
	case f.fault == "loading" && n < 4:
		f.json(w, 503, map[string]any{"error": map[string]any{"code": 503, "message": "Loading model"}})
	case f.style == "vllm":
		w.WriteHeader(http.StatusOK)
	default:
		f.json(w, 200, map[string]any{"status": "ok"})
	}
}

func (f *fake) json(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v)
}

// refuse answers as the style does.
func (f *fake) refuse(w http.ResponseWriter, code int, text string) {
	switch f.style {
	case "mlx":
		f.json(w, code, map[string]any{"error": text})
	case "llama":
		f.json(w, code, map[string]any{"error": map[string]any{"code": code, "message": text}})
	default:
		f.json(w, code, map[string]any{"object": "error", "message": text, "code": code})
	}
}

func (f *fake) complete(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		f.refuse(w, 400, err.Error())
		return
	}
	f.mu.Lock()
	f.bodies = append(f.bodies, body)
	nth := len(f.bodies)
	f.mu.Unlock()
	isChat := r.URL.Path == "/v1/chat/completions"
	switch {
	case f.fault == "500":
		f.refuse(w, 500, "out of memory\x1b[31m")
		return
	case f.fault == "no chat" && isChat, f.fault == "no completions" && !isChat:
		f.json(w, 404, map[string]any{"detail": "Not Found"})
		return
	case f.fault == "strict" && (body["cache_prompt"] != nil || body["stream_options"] != nil):
		f.refuse(w, 422, "extra fields not permitted")
		return
	case f.fault == "wants model" && body["model"] == nil:
		f.refuse(w, 422, "model: field required")
		return
	case f.fault == "names the wrong model" && body["model"] != nil && body["model"] != "mine":
		f.refuse(w, 404, "no such model")
		return
	case f.fault == "no logprobs" && body["logprobs"] != nil:
		f.refuse(w, 400, "logprobs are not supported")
		return
	case f.fault == "key" && r.Header.Get("Authorization") != "Bearer sesame":
		f.refuse(w, 401, "Incorrect API key provided: "+r.Header.Get("Authorization"))
		return
	}
	if f.fault == "exits later" && nth > 12 {
		fmt.Fprintln(os.Stderr, "terminating due to an uncaught\x1b[0m exception")
		os.Exit(134)
	}
	a := f.answer(body, nth, isChat)
	if body["stream"] == true && f.fault != "one piece of JSON" {
		f.stream(w, r, a)
		return
	}
	f.whole(w, a)
}

// reply of the fake's model.
type fakeAnswer struct {
	chat           bool
	body           map[string]any
	tokens         []string
	ids            []int
	prompt, cached int
}

func (f *fake) answer(body map[string]any, nth int, isChat bool) fakeAnswer {
	text, _ := body["prompt"].(string)
	if isChat {
		text = "<user>"
		for _, m := range body["messages"].([]any) {
			text += " " + m.(map[string]any)["content"].(string)
		}
	}
	words := strings.Fields(text)
	a := fakeAnswer{chat: isChat, body: body, prompt: len(words), cached: f.cache(words, body)}
	if f.fault == "random" {
		text += fmt.Sprint(nth)
	}
	n := int(body["max_tokens"].(float64))
	switch {
	case f.fault == "ends at once":
		n = 1
	case f.fault == "ends early":
		n = min(n, 2)
	}
	h := fnv.New32a()
	h.Write([]byte(text))
	for i := range n {
		h.Write([]byte{byte(i)})
		id := int(h.Sum32() % 1000)
		a.ids, a.tokens = append(a.ids, id), append(a.tokens, fmt.Sprintf("<%d>", id))
	}
	return a
}

// cache is how much of a prompt is known: all of it but the last token in
// mlx_lm.server and llama-server, whole blocks in vLLM, which does not tell.
func (f *fake) cache(words []string, body map[string]any) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	best := 0
	for _, s := range f.seen {
		n := 0
		for n < len(s) && n < len(words)-1 && s[n] == words[n] {
			n++
		}
		best = max(best, n)
	}
	f.seen = append(f.seen, words)
	switch {
	case f.fault == "cached" && len(f.seen) > 1:
		return len(words) - 1
	case f.style == "llama" && body["cache_prompt"] == false:
		return 0
	case f.style == "vllm":
		return best / 16 * 16
	}
	return best
}

func (f *fake) usage(a fakeAnswer) map[string]any {
	if f.fault == "no usage" || f.fault == "no usage in streams" && a.body["stream"] == true {
		return nil
	}
	u := map[string]any{"prompt_tokens": a.prompt, "completion_tokens": len(a.tokens), "total_tokens": a.prompt + len(a.tokens)}
	if f.style == "vllm" {
		u["prompt_tokens_details"] = nil
	} else {
		u["prompt_tokens_details"] = map[string]any{"cached_tokens": a.cached}
	}
	return u
}

func (f *fake) whole(w http.ResponseWriter, a fakeAnswer) {
	text := strings.Join(a.tokens, "")
	choice := map[string]any{"index": 0, "finish_reason": "length"}
	if a.chat {
		choice["message"] = map[string]any{"role": "assistant", "content": text}
	} else {
		choice["text"] = text
	}
	if a.body["logprobs"] == true && f.style != "vllm" {
		var list []any
		for _, id := range a.ids {
			list = append(list, map[string]any{"id": id, "logprob": -1.5})
		}
		choice["logprobs"] = map[string]any{"content": list}
	}
	if a.body["return_token_ids"] == true && f.style == "vllm" {
		choice["token_ids"] = a.ids
	}
	out := map[string]any{"object": "text_completion", "model": "tiny", "choices": []any{choice}}
	if u := f.usage(a); u != nil {
		out["usage"] = u
	}
	f.json(w, 200, out)
}

func (f *fake) stream(w http.ResponseWriter, r *http.Request, a fakeAnswer) {
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(s string) {
		fmt.Fprint(w, s)
		if f.fault != "held back" {
			w.(http.Flusher).Flush()
		}
	}
	event := func(v any) {
		data, _ := json.Marshal(v)
		if f.style == "llama" {
			send("data:" + string(data) + "\r\n\r\n")
			return
		}
		send("data: " + string(data) + "\n\n")
	}
	chunk := func(text, finish any, role bool) map[string]any {
		choice := map[string]any{"index": 0, "finish_reason": finish}
		switch {
		case !a.chat:
			choice["text"] = text
		case role:
			choice["delta"] = map[string]any{"role": "assistant", "content": text}
		default:
			choice["delta"] = map[string]any{"reasoning_content": text}
		}
		return map[string]any{"object": "chunk", "model": "tiny", "system_fingerprint": "fake-" + f.style, "choices": []any{choice}}
	}
	switch f.style {
	case "mlx":
		send(": keepalive 0/1\n\n: keepalive 1/1\n\n")
	case "llama":
		if a.chat {
			event(chunk(nil, nil, true))
		}
	}
	for i, token := range a.tokens {
		switch {
		case f.fault == "stalls" && i == 1:
			<-r.Context().Done()
			return
		case f.fault == "exits" && i == 1:
			fmt.Fprintln(os.Stderr, "terminating due to an uncaught\x1b[0m exception")
			os.Exit(134)
		case f.fault == "dies" && i == 1:
			panic(http.ErrAbortHandler)
		case f.fault == "error in the stream" && i == 1:
			event(map[string]any{"error": map[string]any{"message": "the slot\x07 is gone"}})
			return
		case f.fault == "garbage" && i == 1:
			send("data: {\"choices\": [nonsense\n\n")
			return
		case f.fault == "cut" && i == 1:
			return
		}
		if f.fault == "one giant piece" {
			if i == 0 {
				event(chunk(strings.Join(a.tokens, ""), nil, false))
			}
			continue
		}
		if i == len(a.tokens)-1 && i > 0 {
			time.Sleep(gap)
		}
		event(chunk(token, nil, f.style == "mlx"))
	}
	event(chunk("", "length", false))
	if u := f.usage(a); u != nil && a.body["stream_options"] != nil {
		out := map[string]any{"choices": []any{}, "usage": u}
		event(out)
	}
	if f.style == "llama" && f.fault == "no usage in streams" {
		event(map[string]any{"choices": []any{}, "timings": map[string]any{"cache_n": a.cached, "prompt_n": a.prompt - a.cached, "predicted_n": len(a.tokens)}})
	}
	if f.fault != "no [DONE]" {
		send("data: [DONE]\n\n")
	}
}
