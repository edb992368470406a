package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// chunk is one event of a stream, or a whole answer: what of it matters here.
type chunk struct {
	Object            string          `json:"object"`
	Model             text            `json:"model"`
	SystemFingerprint text            `json:"system_fingerprint"`
	Choices           []choice        `json:"choices"`
	Usage             *usage          `json:"usage"`
	Timings           *timings        `json:"timings"` // llama.cpp
	Error             json.RawMessage `json:"error"`
	Message           text            `json:"message"` // with object "error"
}

type choice struct {
	Text         text     `json:"text"`
	Delta        *message `json:"delta"`
	Message      *message `json:"message"`
	FinishReason text     `json:"finish_reason"`
	TokenIDs     []int64  `json:"token_ids"` // vLLM
	Logprobs     *struct {
		Content []struct {
			ID *int64 `json:"id"` // llama.cpp, mlx_lm.server
		} `json:"content"`
	} `json:"logprobs"`
}

// message of a chat. Thinking comes as reasoning_content (vLLM, llama.cpp) or
// reasoning (mlx_lm.server, Ollama).
type message struct {
	Content          text `json:"content"`
	ReasoningContent text `json:"reasoning_content"`
	Reasoning        text `json:"reasoning"`
	ToolCalls        text `json:"tool_calls"`
}

type usage struct {
	Prompt     count `json:"prompt_tokens"`
	Completion count `json:"completion_tokens"`
	Details    *struct {
		Cached count `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

// timings are llama.cpp's own: prompt_n leaves out what came from its cache.
type timings struct {
	Prompt    count `json:"prompt_n"`
	Cached    count `json:"cache_n"`
	Predicted count `json:"predicted_n"`
}

// text is a string; null is "", and anything else its JSON.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null" || string(data) == "[]":
		*t = ""
	case data[0] == '"':
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*t = text(s)
	default:
		*t = text(data)
	}
	return nil
}

// count is a number of tokens; what cannot be one is not known.
type count struct {
	n     int
	known bool
}

func (c *count) UnmarshalJSON(data []byte) error {
	n, err := strconv.Atoi(string(data))
	*c = count{}
	if err == nil && n >= 0 && n <= 1e9 {
		*c = count{n: n, known: true}
	}
	return nil
}

// fault is the server's own error in a chunk, empty if there is none.
func (c *chunk) fault() string {
	switch e := bytes.TrimSpace(c.Error); {
	case len(e) > 0 && string(e) != "null":
		return errorText(e)
	case c.Object == "error":
		return shown([]byte(c.Message))
	}
	return ""
}

// answer is what a server gave to one request.
type answer struct {
	sent  time.Time // the connection was there; what is sent goes out from here
	first time.Time // the first piece of output came; the end where there is none
	last  time.Time // the last piece of output, or the reason to finish

	output  []byte
	pieces  int // events with output
	leading int // of them, those that the first read with output brought
	reads   int // reads that brought events with output
	read    int // number of the last of them
	ids     []int64
	finish  string
	model   string
	print   string // system_fingerprint

	prompted, completion, cached count // tokens
	timed                        bool  // counts are from timings, not from usage
}

func newAnswer() answer { return answer{} }

func (a *answer) progress() string {
	if a.pieces == 1 {
		return "1 piece of output"
	}
	return fmt.Sprintf("%d pieces of output", a.pieces)
}

// add takes a chunk that arrived at a time with the given number of reads.
func (a *answer) add(c *chunk, at time.Time, read int) {
	for i := range c.Choices {
		ch := &c.Choices[i]
		output := string(ch.Text)
		for _, m := range []*message{ch.Delta, ch.Message} {
			if m != nil {
				output += string(m.ReasoningContent + m.Reasoning + m.Content + m.ToolCalls)
			}
		}
		a.identify(ch)
		if ch.FinishReason != "" {
			a.finish, a.last = string(ch.FinishReason), at
		}
		if output == "" {
			continue
		}
		a.output = append(a.output, output...)
		a.pieces++
		if read != a.read {
			a.read, a.reads = read, a.reads+1
		}
		if a.first.IsZero() {
			a.first = at
		}
		if a.reads == 1 {
			a.leading++
		}
		a.last = at
	}
	if a.first.IsZero() && a.finish != "" {
		a.first = at // its tokens have no text
	}
	a.account(c)
	if c.Model != "" {
		a.model = string(c.Model)
	}
	if c.SystemFingerprint != "" {
		a.print = string(c.SystemFingerprint)
	}
}

func (a *answer) identify(ch *choice) {
	if len(ch.TokenIDs) > 0 {
		a.ids = append(a.ids, ch.TokenIDs...)
		return
	}
	if ch.Logprobs == nil {
		return
	}
	for _, t := range ch.Logprobs.Content {
		if t.ID != nil {
			a.ids = append(a.ids, *t.ID)
		}
	}
}

// account takes the last counts that are given; usage goes before timings.
func (a *answer) account(c *chunk) {
	if u := c.Usage; u != nil && u.Completion.known {
		a.prompted, a.completion, a.timed = u.Prompt, u.Completion, false
		if u.Details != nil {
			a.cached = u.Details.Cached
		}
	}
	t := c.Timings
	if t == nil || !t.Predicted.known {
		return
	}
	if !a.cached.known {
		a.cached = t.Cached
	}
	if !a.completion.known || a.timed {
		a.timed, a.completion = true, t.Predicted
		a.prompted = count{n: t.Prompt.n + t.Cached.n, known: t.Prompt.known}
	}
}

// after is how many of an answer's tokens came after the first read with
// output. This process may be late to read, and then finds several pieces:
// counting them would make the server faster than it is.
func (a *answer) after(tokens int) int {
	if a.leading <= 1 {
		return tokens - 1
	}
	return tokens - int(math.Round(float64(a.leading*tokens)/float64(a.pieces)))
}
