package conforming

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// examples are what docs/plugins.md shows.
var examples = []string{"assay-plugin-add", "assay-plugin-exec"}

func TestFirstPartyPluginsKeepTheProtocol(t *testing.T) {
	bin := t.TempDir()
	build := func(t *testing.T, name, pkg string) string {
		path := filepath.Join(bin, name)
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "github.com/assay-bench/assay/"+pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return path
	}
	assay := build(t, "assay", "core")
	packages := map[string]string{}
	for _, name := range examples {
		packages[strings.TrimPrefix(name, "assay-plugin-")] = "core/sdk/example/" + name
	}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join("../..", e.Name(), "main.go")); err == nil {
			packages[e.Name()] = "plugins/" + e.Name()
		}
	}
	if len(packages) < 9 {
		t.Fatalf("only the plugins %v were found", packages)
	}
	for name, pkg := range packages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plugin := build(t, "assay-plugin-"+name, pkg)
			args := []string{"plugin", "check", plugin, "--config", configuration(t, name)}
			if name == "kernel" { // it has no native twins
				args = append(args, "--device", "sim")
			}
			cmd := exec.Command(assay, args...)
			cmd.Env = append(os.Environ(), "NO_COLOR=1", "ASSAY_LOCK="+filepath.Join(t.TempDir(), "lock"))
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() == 4 && bytes.Contains(out, []byte("opens no device")) {
				t.Skipf("the test needs a device: %s", out)
			}
			if cmd.ProcessState.ExitCode() == 3 { // a busy machine
				t.Logf("%s", out)
			} else if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// configuration is a small one of the plugin, with the address of a server where
// it needs one.
func configuration(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name+".hcl"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("$URL")) {
		return path
	}
	server := httptest.NewServer(http.HandlerFunc(complete))
	t.Cleanup(server.Close)
	path = filepath.Join(t.TempDir(), name+".hcl")
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte("$URL"), []byte(server.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// complete is a server whose model has a token for each word, and one answer.
func complete(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/completions" {
		http.NotFound(w, r)
		return
	}
	var body struct {
		Prompt    string `json:"prompt"`
		MaxTokens int    `json:"max_tokens"`
		Stream    bool   `json:"stream"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	usage := map[string]int{"prompt_tokens": len(strings.Fields(body.Prompt)), "completion_tokens": body.MaxTokens}
	answer := func(text, reason string, usage any) string {
		choices := []any{map[string]any{"index": 0, "text": text, "finish_reason": reason}}
		raw, _ := json.Marshal(map[string]any{"object": "text_completion", "choices": choices, "usage": usage})
		return string(raw)
	}
	if !body.Stream {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintln(w, answer(strings.Repeat("word ", body.MaxTokens), "length", usage))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range body.MaxTokens {
		reason, used := "", any(nil)
		if i == body.MaxTokens-1 {
			reason, used = "length", usage
		}
		time.Sleep(10 * time.Millisecond) // else all pieces may arrive at once
		fmt.Fprintf(w, "data: %s\n\n", answer("word ", reason, used))
		w.(http.Flusher).Flush()
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}
