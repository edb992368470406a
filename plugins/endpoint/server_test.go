package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// The test binary is the server that argv starts, when this is set: style and
// fault, separated by a comma.
const serverEnv = "ENDPOINT_TEST_SERVER"

func TestMain(m *testing.M) {
	if how, ok := os.LookupEnv(serverEnv); ok && len(os.Args) > 1 && os.Args[1] == "serve" {
		style, fault, _ := strings.Cut(how, ",")
		standIn(style, fault, os.Args[2], os.Args[3])
		return
	}
	os.Exit(m.Run())
}

// standIn listens on the port of argv, which the environment must have too,
// and notes its process in a file.
func standIn(style, fault, address, notes string) {
	file, _ := os.OpenFile(notes, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	fmt.Fprintln(file, os.Getpid())
	file.Close()
	starts, _ := os.ReadFile(notes)
	first := strings.Count(string(starts), "\n") == 1
	switch {
	case fault == "ends" || fault == "port taken" && first:
		fmt.Fprintln(os.Stderr, "loading\nOSError: [Errno 98] \x1b[31mAddress already in use")
		if fault == "ends" {
			fmt.Fprintln(os.Stderr, "no such model: tiny")
		}
		os.Exit(3)
	case fault == "never listens":
		fmt.Println("compiling shaders")
		select {}
	case fault == "busy":
		go func() {
			for turns := new(atomic.Int64); ; {
				turns.Add(1)
			}
		}()
	case os.Getenv("PORT") == "" || !strings.HasSuffix(address, ":"+os.Getenv("PORT")):
		fmt.Fprintln(os.Stderr, "PORT is not the port of argv")
		os.Exit(4)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.Serve(l, &fake{style: style, fault: fault})
}

// started is a configuration that starts the test binary as a server, and the
// file in which it notes its process ids.
func started(t *testing.T, how string, fields ...any) (configJSON, notes string) {
	t.Helper()
	t.Setenv(serverEnv, how)
	notes = filepath.Join(t.TempDir(), "pids")
	m := map[string]any{"argv": []string{os.Args[0], "serve", "127.0.0.1:$PORT", notes}, "max_tokens": 3, "context": 40}
	for i := 0; i < len(fields); i += 2 {
		m[fields[i].(string)] = fields[i+1]
	}
	data, _ := json.Marshal(m)
	return string(data), notes
}

func pids(t *testing.T, notes string) (list []int) {
	t.Helper()
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(l)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, pid)
	}
	return list
}

func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if syscall.Kill(pid, 0) != nil {
			return
		}
	}
	t.Errorf("server %d still runs", pid)
}

func TestAServerLivesAsLongAsItsArm(t *testing.T) {
	c, notes := started(t, "mlx,")
	h := sdktest.Start(t, plugin())
	h.Open("cpu")
	for _, arm := range []string{"variant", "baseline"} {
		if p, found := h.Prepare(arm, c, 1); p == nil {
			t.Fatal(found)
		}
	}
	list := pids(t, notes)
	if len(list) != 2 {
		t.Fatalf("%d servers for two arms", len(list))
	}
	for _, arm := range []string{"variant", "baseline"} {
		if s := h.Measure(arm, decode, 1); len(s) != 1 {
			t.Errorf("%s: %d samples", arm, len(s))
		}
	}
	for i, arm := range []string{"variant", "baseline"} {
		h.Release(arm)
		awaitGone(t, list[i])
		if i == 0 && syscall.Kill(list[1], 0) != nil {
			t.Error("the other arm's server ended too")
		}
	}
}

// A program with a slash is relative to folder, as for the plugin command.
func TestAServerRunsInItsFolder(t *testing.T) {
	folder := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(folder, "server")); err != nil {
		t.Fatal(err)
	}
	c, _ := started(t, "mlx,", "folder", folder)
	if errors, _ := attempt(t, strings.Replace(c, os.Args[0], "./server", 1)); errors != "" {
		t.Error(errors)
	}
}

func TestServersThatDoNotStart(t *testing.T) {
	for _, tt := range []struct {
		how    string
		fields []any
		want   []string
		starts int
	}{
		{"mlx,ends", nil, []string{"server_ended", "exit status 3", "no such model: tiny", `\x1b[31mAddress`}, portTries},
		{"mlx,never listens", []any{"startup_timeout", "300ms"}, []string{"not_ready", "compiling shaders", "startup_timeout"}, 1},
		{"mlx,exits", nil, []string{"server_ended", "exit status 134", `uncaught\x1b[0m exception`}, 1},
		{"mlx,500", nil, []string{"refused", "out of memory"}, 1},
		{"mlx,port taken", nil, nil, 2},
		{"llama,loading", nil, nil, 1},
	} {
		t.Run(tt.how, func(t *testing.T) {
			c, notes := started(t, tt.how, tt.fields...)
			errors, warnings := attempt(t, c)
			if (errors == "") != (tt.want == nil) || warnings != "" && tt.want == nil {
				t.Errorf("errors %q, warnings %q", errors, warnings)
			}
			for _, want := range tt.want {
				if !strings.Contains(errors, want) {
					t.Errorf("errors %q, want %q", errors, want)
				}
			}
			list := pids(t, notes)
			if len(list) != tt.starts {
				t.Errorf("%d starts, want %d", len(list), tt.starts)
			}
			if tt.want != nil {
				awaitGone(t, list[len(list)-1])
			}
		})
	}
	if errors, _ := attempt(t, `{"argv":["no-such-server","$PORT"],"context":10}`); !strings.Contains(errors, "not found in PATH") {
		t.Errorf("errors %q", errors)
	}
}

func TestABusyServerIsNamed(t *testing.T) {
	c, _ := started(t, "mlx,busy")
	if _, warnings := attempt(t, c); !strings.Contains(warnings, "keeps a core busy") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestModels(t *testing.T) {
	for _, tt := range []struct {
		name   string
		f      *fake
		fields []any
		want   string
		sent   any
	}{
		{"none is sent", &fake{models: []string{"a", "b"}}, nil, "", nil},
		{"the only one, where one is wanted", &fake{fault: "wants model", models: []string{"a"}}, nil, "", "a"},
		{"several", &fake{fault: "wants model", models: []string{"a", "b\x1b"}}, nil, `It has a, b\x1b`, nil},
		{"given", &fake{fault: "wants model", models: []string{"a", "b"}}, []any{"model", "b"}, "", "b"},
		{"given, and not there", &fake{fault: "names the wrong model"}, []any{"model", "other"}, "no such model", "other"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.f.style = "vllm"
			errors, _ := attempt(t, config(serve(t, tt.f), tt.fields...))
			if (errors == "") != (tt.want == "") || !strings.Contains(errors, tt.want) {
				t.Errorf("errors %q, want %q", errors, tt.want)
			}
			if got := tt.f.bodies[len(tt.f.bodies)-1]["model"]; got != tt.sent {
				t.Errorf("model %v was sent, want %v", got, tt.sent)
			}
		})
	}
}

// A key is used, and appears in nothing that the plugin says.
func TestTheKeyStaysSecret(t *testing.T) {
	url := serve(t, &fake{style: "vllm", fault: "key"})
	if errors, _ := attempt(t, config(url, "api_key_env", "TEST_OPEN_SESAME")); !strings.Contains(errors, `inherit = ["TEST_OPEN_SESAME"]`) {
		t.Errorf("not set: %q", errors)
	}
	t.Setenv("TEST_OPEN_SESAME", "hunter2")
	if errors, _ := attempt(t, config(url, "api_key_env", "TEST_OPEN_SESAME")); !strings.Contains(errors, "Incorrect API key provided: Bearer (key)") || strings.Contains(errors, "hunter2") {
		t.Errorf("refused: %q", errors)
	}
	t.Setenv("TEST_OPEN_SESAME", "sesame")
	r := sdktest.Run(t, plugin(), config(url, "api_key_env", "TEST_OPEN_SESAME"))
	if text := fmt.Sprint(r.Prepared); strings.Contains(text, "sesame") {
		t.Error(text)
	}
}
