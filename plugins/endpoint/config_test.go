package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

func TestValidate(t *testing.T) {
	h := sdktest.Start(t, plugin())
	for _, tt := range []struct{ config, path, detail string }{
		{`{"context":10}`, "", "give argv"},
		{`{"argv":["a","$PORT"],"url":"http://h","context":10}`, "url", "give one of them"},
		{`{"argv":["","$PORT"],"context":10}`, "argv", "first element"},
		{`{"argv":["sh"],"context":10}`, "argv", `"--port", "$PORT"`},
		{`{"argv":["./nowhere","$PORT"],"context":10}`, "argv", "started in"},
		{`{"argv":["./nowhere","$PORT"],"context":10,"folder":"/"}`, "argv", "The program is started in /."},
		{`{"url":"h:8080","context":10}`, "url", "must begin with http://"},
		{`{"url":"http://","context":10}`, "url", "names no host"},
		{`{"url":"http://a b","context":10}`, "url", "cannot be read"},
		{`{"url":"http://me:secret@h","context":10}`, "url", "api_key_env"},
		{`{"url":"http://h?key=1","context":10}`, "url", "api_key_env"},
		{`{"url":"http://h"}`, "", "give prompts"},
		{`{"url":"http://h","context":10,"request_timeout":"5"}`, "request_timeout", `write "90s"`},
		{`{"url":"http://h","context":10,"startup_timeout":"-1s"}`, "startup_timeout", `write "90s"`},
		{`{"url":"http://h","context":10,"extra":{"stream":"false"}}`, "extra", "take it out of extra"},
		{`{"url":"http://h","context":10,"api_key_env":"KEY=1"}`, "api_key_env", "never the key itself"},
	} {
		found := h.Validate(tt.config)
		if len(found) != 1 || !strings.Contains(found[0].GetDetail(), tt.detail) {
			t.Errorf("%s: %v, want one diagnostic with %q", tt.config, found, tt.detail)
			continue
		}
		if got := found[0].GetPath(); tt.path == "" && len(got) != 0 || tt.path != "" && (len(got) == 0 || got[0].GetName() != tt.path) {
			t.Errorf("%s: path %v, want %q", tt.config, got, tt.path)
		}
		if strings.Contains(found[0].GetDetail(), "secret") {
			t.Errorf("%s: %v tells a secret", tt.config, found)
		}
		if warning := found[0].GetSeverity() == pluginv1.Diagnostic_SEVERITY_WARNING; warning != (tt.config == `{"argv":["sh"],"context":10}`) {
			t.Errorf("%s: a warning: %v", tt.config, warning)
		}
	}
}

func TestBaseOfAnAddress(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:8080":       "http://127.0.0.1:8080",
		"http://127.0.0.1:8080/":      "http://127.0.0.1:8080",
		"https://h/v1/":               "https://h",
		"https://h/proxy/model-a/v1":  "https://h/proxy/model-a",
		"http://[::1]:1234/v1":        "http://[::1]:1234",
		"http://localhost:11434/api/": "http://localhost:11434/api",
	} {
		if got, err := baseOf(in); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestFilesOfPrompts(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"none.jsonl", "\n \n", "it is empty"},
		{"bad.jsonl", "{\"prompt\":\"a\"}\nplain\n", "line 2"},
		{"both.jsonl", `{"prompt":"a","messages":[{"role":"user","content":"b"}]}`, "either a prompt or messages"},
		{"neither.jsonl", `{"text":"a"}`, "either a prompt or messages"},
		{"blank.jsonl", `{"prompt":""}`, "either a prompt or messages"},
		{"parts.jsonl", `{"messages":[{"role":"user","content":[{"type":"image"}]}]}`, "line 1"},
		{"many.txt", strings.Repeat("a\n", maxPrompts+1), "at most 1000"},
		{"good.txt", "a\r\n\xff\x00\n", ""},
		{"good.JSONL", "{\"prompt\":\"a\",\"id\":7}\r\n", ""},
	} {
		path := filepath.Join(dir, tt.name)
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := readPrompts(path)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v; want %q", tt.name, list, err, tt.want)
		}
	}
	for path, want := range map[string]string{fifo: "not a file", dir: "not a file", filepath.Join(dir, "nothing"): "no such file"} {
		if _, err := readPrompts(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	conversation := promptFile(t, "c.jsonl", `{"messages":[{"role":"user","content":"b"}]}`)
	s := settings{Config: Config{Prompts: conversation, API: completions}}
	if _, err := s.promptList(); err == nil || !strings.Contains(err.Error(), "leave api out") {
		t.Errorf("a conversation as a completion: %v", err)
	}
}

// A prompt is the same text each time, unless it gets a key, which changes its
// beginning and not its length.
func TestPromptsThatNoCacheKnows(t *testing.T) {
	p := prompt{index: 3, text: "why?", words: 40}
	as, _ := p.render(0)
	again, _ := p.render(0)
	if as != again || !strings.HasSuffix(as, "\n\nwhy?") || len(strings.Fields(as)) != 41 {
		t.Errorf("%q, %q", as, again)
	}
	keys := newKeys(1, false)
	x, y := &configuration{keys: keys}, &configuration{keys: newKeys(1, false)}
	seen := map[string]bool{}
	for range 1000 {
		a, b := x.nextKey(), y.nextKey()
		if a != b {
			t.Fatal("a seed gives two sequences of keys")
		}
		text, _ := p.render(a)
		if seen[text] || len(strings.Fields(text)) != 41 || !strings.HasSuffix(text, as[len(as)-50:]) {
			t.Fatalf("%q", text)
		}
		seen[text] = true
	}
	if newKeys(1, true).Uint64() == newKeys(1, true).Uint64() {
		t.Error("a server that runs already gets the same prompts twice")
	}
	bare := prompt{messages: []chatter{{"system", "be brief"}, {"user", "why?"}}}
	_, list := bare.render(1)
	if got := strings.Fields(list[0].Content); len(got) != unlikeWords+2 || list[1].Content != "why?" || bare.messages[0].Content != "be brief" {
		t.Errorf("%v", list)
	}
}

func TestForeignTextIsShownHarmless(t *testing.T) {
	for in, want := range map[string]string{
		`{"error":{"message":"a\u001b[2Jb\n"}}`:    `a\x1b[2Jb`,
		`{"detail":[{"msg":"x"}]}`:                 `[{"msg":"x"}]`,
		`{"error":null,"message":"m"}`:             "m",
		"\x00\xff\u202e":                           `\x00\xff\u202e`,
		"":                                         "nothing",
		strings.Repeat("x", textLimit+1):           strings.Repeat("x", textLimit) + " … (cut)",
		`"` + strings.Repeat("é", textLimit) + `"`: strings.Repeat("é", textLimit/2) + " … (cut)",
	} {
		if got := errorText([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := lastLines("a\nb\r\n\x1b[1mc\n", 2); got != "b\n\\x1b[1mc" {
		t.Errorf("%q", got)
	}
}
