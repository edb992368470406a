package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/child"
)

// The two ways to ask for text.
const (
	completions = "completions"
	chat        = "chat"
)

// portMark in argv stands for a free port.
const portMark = "$PORT"

// Config is a configuration.
type Config struct {
	Argv   []string `assay:"argv,optional" help:"program and arguments of a server to start; $PORT in an argument, and in its environment, is a free port of 127.0.0.1"`
	Folder string   `assay:"folder" path:"true" help:"folder that the server of argv runs in; default: the configuration's" default:"."`
	URL    string   `assay:"url,optional" help:"address of a server that runs already, such as http://127.0.0.1:8080; instead of argv"`

	API   string `assay:"api,optional" help:"completions (/v1/completions) or chat (/v1/chat/completions); default: chat for prompts with messages, else the first of the two that the server answers" oneof:"completions,chat"`
	Model string `assay:"model,optional" help:"name of the model in requests; default: none, or the only one of /v1/models where the server wants one"`

	Prompts   string `assay:"prompts,optional" help:"file of prompts: .jsonl with {\"prompt\": …} or {\"messages\": […]} in each line, anything else with one prompt in each line" path:"true"`
	Context   int    `assay:"context" help:"tokens of each prompt: words in front of it fill it up, within 1 %; 0: prompts as they are" default:"0" min:"0" max:"16777216"`
	MaxTokens int    `assay:"max_tokens" help:"tokens to decode" default:"128" min:"2" max:"1048576"`

	Concurrency int `assay:"concurrency" help:"requests under way at once" default:"1" min:"1" max:"1024"`

	Seed      *int              `assay:"seed" help:"seed in requests; default: none. Decoding is greedy: temperature 0"`
	Extra     map[string]string `assay:"extra,optional" help:"more fields of each request, each value as JSON, or text where it is none: { ignore_eos = \"true\" }"`
	APIKeyEnv string            `assay:"api_key_env,optional" help:"name of the environment variable that holds the API key; pass it to the arm by inherit"`

	StartupTimeout string `assay:"startup_timeout" help:"longest time from the start of the server to its first answer" default:"10m"`
	RequestTimeout string `assay:"request_timeout" help:"longest time of one request" default:"5m"`
}

// settings are a Config with all that can be known of it without a server.
type settings struct {
	Config
	base             string // of url, empty with argv
	startup, request time.Duration
	extra            map[string]json.RawMessage
}

func fault(path, code, summary, detail string) sdk.Diagnostic {
	return sdk.Diagnostic{Path: path, Code: code, Summary: summary, Detail: detail}
}

func (c Config) resolve() (settings, []sdk.Diagnostic) {
	s := settings{Config: c, extra: map[string]json.RawMessage{}}
	faults := c.checkServer()
	var err error
	if c.URL != "" {
		if s.base, err = baseOf(c.URL); err != nil {
			faults = append(faults, fault("url", "bad_url", "not the address of a server", err.Error()))
		}
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"startup_timeout", c.StartupTimeout, &s.startup}, {"request_timeout", c.RequestTimeout, &s.request}} {
		if *d.into, err = time.ParseDuration(d.text); err != nil || *d.into <= 0 {
			faults = append(faults, fault(d.name, "bad_duration", "not a duration", fmt.Sprintf("got %q; write \"90s\" or \"5m\"", d.text)))
		}
	}
	for name, value := range c.Extra {
		if slices.Contains(ours, name) {
			faults = append(faults, fault(fmt.Sprintf("extra[%q]", name), "field_taken", "this field has a meaning here", name+" is set by the plugin: take it out of extra"))
		}
		s.extra[name] = field(value)
	}
	if c.Prompts == "" && c.Context == 0 {
		faults = append(faults, fault("", "no_prompts", "nothing to ask", "give prompts (a file), context (a number of tokens), or both"))
	}
	return s, faults
}

func validate(c Config) []sdk.Diagnostic {
	_, out := c.resolve()
	if slices.ContainsFunc(out, func(d sdk.Diagnostic) bool { return !d.Warning }) {
		return out
	}
	if d := child.Missing("argv", c.Argv, c.Folder); d != nil {
		out = append(out, *d)
	}
	return out
}

// field is an extra value as JSON.
func field(value string) json.RawMessage {
	if json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	text, _ := json.Marshal(value) // a string always can be
	return text
}

func (c Config) checkServer() []sdk.Diagnostic {
	var out []sdk.Diagnostic
	switch {
	case len(c.Argv) == 0 && c.URL == "":
		out = append(out, fault("", "no_server", "no server", "give argv, to start one, or url, of one that runs"))
	case len(c.Argv) > 0 && c.URL != "":
		out = append(out, fault("url", "two_servers", "two servers", "argv starts a server and url names one that runs: give one of them"))
	case c.URL == "" && c.Argv[0] == "":
		out = append(out, fault("argv[0]", "no_program", "no program", "the first element of argv is the program"))
	case c.URL == "" && !slices.ContainsFunc(c.Argv, func(a string) bool { return strings.Contains(a, portMark) }):
		d := fault("argv", "no_port", "the server is not told its port", "no argument holds "+portMark+`: write "--port", "`+portMark+`", unless the program takes PORT from its environment`)
		d.Warning = true
		out = append(out, d)
	}
	if name := c.APIKeyEnv; strings.ContainsAny(name, "= \t\n") {
		out = append(out, fault("api_key_env", "bad_name", "not the name of a variable", "api_key_env names the environment variable that holds the key, and is never the key itself"))
	}
	return out
}

// baseOf is the address without the path of the protocol.
func baseOf(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("it cannot be read; write http://127.0.0.1:8080")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("it must begin with http:// or https://")
	case u.Host == "":
		return "", errors.New("it names no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("user, query and fragment do not belong there, and would be recorded; for a key there is api_key_env")
	}
	return strings.TrimSuffix(strings.TrimRight(u.String(), "/"), "/v1"), nil
}

// apiKey is the value of api_key_env. It is used, and never shown or recorded.
func (c Config) apiKey() (string, error) {
	if c.APIKeyEnv == "" {
		return "", nil
	}
	key, ok := os.LookupEnv(c.APIKeyEnv)
	if !ok || key == "" {
		return "", fault("api_key_env", "no_api_key", "the key is not there",
			fmt.Sprintf("%s is not set here. Set it where assay runs, and pass it on to the arm: inherit = [%q]", c.APIKeyEnv, c.APIKeyEnv))
	}
	return key, nil
}
