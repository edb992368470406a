package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// clock gives a later time at each read.
func clock() func() time.Time {
	n := int64(0)
	return func() time.Time { n++; return time.Unix(n, 0) }
}

func TestStreams(t *testing.T) {
	for _, tt := range []struct {
		name, stream string
		text         string
		pieces       int
		completion   int // -1: not known
		err          string
	}{
		{"plain", "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", "ab", 2, -1, ""},
		{"carriage returns, no space after data", "data:{\"choices\":[{\"text\":\"a\"}]}\r\n\r\ndata:[DONE]\r\n\r\n", "a", 1, -1, ""},
		{"comments and other fields", ": keepalive 1/2\n\n:\nid: 7\nretry: 10\nevent: message\ndata: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: [DONE]\n\n", "a", 1, -1, ""},
		{"no empty lines", "data: {\"choices\":[{\"text\":\"a\"}]}\ndata: {\"choices\":[{\"text\":\"b\"}]}\ndata: [DONE]\n", "ab", 2, -1, ""},
		{"an event over several lines", "data: {\"choices\":\ndata: [{\"text\":\ndata: \"a\"}]}\n\ndata: [DONE]\n\n", "a", 1, -1, ""},
		{"empty choices with usage, no DONE", "data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\n", "a", 1, 5, ""},
		{"usage null, then given", "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":null}\n\ndata: {\"usage\":{\"completion_tokens\":2}}\n\ndata: [DONE]", "a", 1, 2, ""},
		{"role first, empty text, then thinking and content", "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\",\"reasoning\":null}}]}\n\ndata: [DONE]\n\n", "hma", 2, -1, ""},
		{"role and text at once, several tokens", "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"a b c\"}}]}\n\ndata: [DONE]\n\n", "a b c", 1, -1, ""},
		{"a tool call is output", "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":1}]}}]}\n\ndata: [DONE]\n\n", `[{"id":1}]`, 1, -1, ""},
		{"timings instead of usage", "data: {\"choices\":[{\"text\":\"a\"}],\"timings\":{\"prompt_n\":1,\"predicted_n\":4}}\n\ndata: [DONE]\n\n", "a", 1, 4, ""},
		{"no DONE, a reason to finish", "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}]}\n", "a", 1, -1, ""},
		{"no line feed at the end", "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}]}", "a", 1, -1, ""},
		{"impossible counts", "data: {\"choices\":[{\"text\":\"a\"}],\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":1e99}}\n\ndata: [DONE]\n\n", "a", 1, -1, ""},

		{"cut", "data: {\"choices\":[{\"text\":\"a\"}]}\n\n", "a", 1, -1, "ended before the answer did, after 1 piece of output"},
		{"cut inside an event", "data: {\"choices\":[{\"te", "", 0, -1, "no JSON"},
		{"empty", "", "", 0, -1, "ended before the answer did, after 0 pieces"},
		{"no stream", "<html>\x1b[2J busy</html>", "", 0, -1, `begins with <html>\x1b[2J busy</html>`},
		{"garbage", "data: hello\n\n", "", 0, -1, "no JSON: hello"},
		{"of another form", "data: [1,2]\n\n", "", 0, -1, "not of the protocol"},
		{"error object", "data: {\"error\":{\"message\":\"out of\\u001b[1m slots\",\"code\":500}}\n\n", "", 0, -1, `in its stream: out of\x1b[1m slots`},
		{"error text", "data: {\"error\":\"busy\"}\n\n", "", 0, -1, "busy"},
		{"error event", "event: error\ndata: {\"code\":1}\n\n", "", 0, -1, `{"code":1}`},
		{"error by object", "data: {\"object\":\"error\",\"message\":\"no\"}\n\n", "", 0, -1, "no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole": strings.NewReader(tt.stream), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.stream)),
				"data with the end": iotest.DataErrReader(strings.NewReader(tt.stream)),
			} {
				a, err := readStream(r, clock())
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%s: error %v, want %q", name, err, tt.err)
				}
				got := -1
				if a.completion.known {
					got = a.completion.n
				}
				if string(a.output) != tt.text || a.pieces != tt.pieces || got != tt.completion {
					t.Errorf("%s: %q in %d pieces, %d tokens; want %q, %d, %d", name, a.output, a.pieces, got, tt.text, tt.pieces, tt.completion)
				}
			}
		})
	}
}

func TestTimesAreOfTheReadsWithOutput(t *testing.T) {
	parts := []string{
		"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",      // read 1
		"data: {\"choices\":[{\"text\":\"a\"}]}\n\ndata: {\"choices\":[{\"text\":\"b\"}]}\n\n", // read 2
		"data: {\"choices\":[{\"text\":", // read 3
		"\"c\"}]}\n\n",                   // read 4
		"data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}\n\n",                                              // read 5
		"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n", "data: [DONE]\n\n: after all\n", // read 6, 7
	}
	var readers []io.Reader
	for _, p := range parts {
		readers = append(readers, strings.NewReader(p))
	}
	a, err := readStream(io.MultiReader(readers...), clock())
	if err != nil {
		t.Fatal(err)
	}
	if a.first != time.Unix(2, 0) || a.last != time.Unix(5, 0) || a.pieces != 3 || a.reads != 2 || a.leading != 2 || a.after(3) != 1 {
		t.Errorf("first %d, last %d, %d pieces in %d reads, %d in the first; want 2, 5, 3, 2, 2", a.first.Unix(), a.last.Unix(), a.pieces, a.reads, a.leading)
	}
}

func TestBoundsOfAStream(t *testing.T) {
	for name, stream := range map[string]io.Reader{
		"a line without end":   io.MultiReader(strings.NewReader("data: "), endless('x')),
		"an event without end": endlessLines("data: [\n"),
	} {
		if _, err := readStream(stream, clock()); err == nil {
			t.Errorf("%s was read to its end", name)
		}
	}
	broken := io.MultiReader(strings.NewReader("data: {\"choices\":[{\"text\":\"a\"}]}\n\n"), iotest.ErrReader(errors.New("reset")))
	if _, err := readStream(broken, clock()); err == nil || !strings.Contains(err.Error(), "broke after 1 piece of output: reset") {
		t.Errorf("a broken connection: %v", err)
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

type endlessLines string

func (e endlessLines) Read(p []byte) (int, error) { return copy(p, e), nil }

func FuzzStream(f *testing.F) {
	f.Add([]byte("data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"stop\"}],\"usage\":{\"completion_tokens\":2}}\r\n\r\ndata: [DONE]"))
	f.Add([]byte(": c\nevent: error\ndata: {\"error\":\ndata: 1}\n\n"))
	f.Add([]byte("data:{\"choices\":[{\"delta\":{\"content\":[1],\"tool_calls\":[]},\"logprobs\":{\"content\":[{\"id\":3},{}]},\"token_ids\":[1]}],\"timings\":{\"predicted_n\":3}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readStream(bytes.NewReader(data), clock())
		b, err2 := readStream(iotest.OneByteReader(bytes.NewReader(data)), clock())
		if (err == nil) != (err2 == nil) || string(a.output) != string(b.output) || a.pieces != b.pieces || a.completion != b.completion {
			t.Fatalf("split otherwise, it reads otherwise: %q, %v; %q, %v", a.output, err, b.output, err2)
		}
		if a.first.After(a.last) && a.pieces > 0 {
			t.Fatalf("first %v is after last %v", a.first, a.last)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\x07\x00") {
			t.Fatalf("control characters in %q", err)
		}
	})
}
