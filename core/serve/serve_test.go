package serve

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// site is a server of a folder, and a clock that the test moves.
type site struct {
	t      *testing.T
	folder string
	server *Server
	now    time.Time
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, folder: t.TempDir(), now: time.Unix(1e9, 0)}
	server, err := Open(Options{
		Folder: s.folder, Index: filepath.Join(t.TempDir(), "index.jsonl"), Shown: filepath.Base, Clock: func() time.Time { return s.now },
		GoOn: func(folder string) string { return "`assay resume " + filepath.Base(folder) + "`" }, Warn: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.server = server
	return s
}

// get asks a moment later than before.
func (s *site) get(path string) string {
	s.t.Helper()
	s.now = s.now.Add(time.Minute)
	w := s.ask(http.MethodGet, path, "127.0.0.1:8417", nil)
	if w.Code != http.StatusOK {
		s.t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func (s *site) ask(method, path, host string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Host = host
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(w, r)
	return w
}

func (s *site) place(path string, o fakeresult.Options) {
	s.t.Helper()
	r, err := fakeresult.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	path = filepath.Join(s.folder, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := record.WriteResult(path, r, nil); err != nil {
		s.t.Fatal(err)
	}
}

func has(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in\n%s", w, text)
		}
	}
}

func hasNot(t *testing.T, text string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(text, w) {
			t.Errorf("%q is in\n%s", w, text)
		}
	}
}

func TestPages(t *testing.T) {
	s := newSite(t)
	has(t, s.get("/"), "There is no result document in this folder yet", "No session of this folder is being measured")
	s.place("gate/20260301T120000Z-000001.json", fakeresult.Options{Experiment: "gate", Session: "20260301T120000Z-000001"})
	slow := fakeresult.Options{Experiment: "slow", Session: "20260302T120000Z-000002", Variants: map[string]float64{"x": 0.9}, Order: []string{"x"}, Started: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	s.place("slow.json", slow)
	for name, text := range map[string]string{"broken.json": `{"schema_version": 2, "cases": [`, "rows.json": "[]", "mine.html": "mine"} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	index := s.get("/")
	has(t, index, `<a href="gate/20260301T120000Z-000001.html">gate</a>`, "fail by guardrail no_decode_regression: ", "broken.json: it ends in the middle")
	if newer, older := strings.LastIndex(index, "slow.html"), strings.LastIndex(index, "gate/2026"); newer > older {
		t.Error("the newer result does not stand first")
	}
	if again := s.get("/index.html"); again != index {
		t.Error("/index.html differs from /")
	}
	page := s.get("/gate/20260301T120000Z-000001.html")
	has(t, page, "Forest plot", `<a href="/">All reports`)
	hasNot(t, page, "<script")
	if again := s.get("/gate/20260301T120000Z-000001.html"); again != page {
		t.Error("a page that is kept differs")
	}
	slow.Variants = map[string]float64{"x": 1.2}
	s.place("slow.json", slow) // another document under the name
	has(t, s.get("/slow.html"), ": pass – assay")
	has(t, s.get("/-/follow.js"), "fetch(")

	files, err := filepath.Glob(filepath.Join(s.folder, "*"))
	if err != nil || len(files) != 5 {
		t.Errorf("the folder holds %v, error %v", files, err)
	}
	for _, path := range []string{
		"/mine.html", "/rows.html", "/broken.html", "/slow.json", "/index-2.html", "/nothing", "/../serve.go", "/gate/../../x.html", "/-/live/nobody",
		"/-/live/..", "/-/live/../now", "/-/live/%2e%2e%2f%2e%2e", "/gate/", "//",
	} {
		if w := s.ask(http.MethodGet, path, "localhost", nil); w.Code == http.StatusOK || strings.Contains(w.Body.String(), "mine\n") {
			t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		}
	}
}

// Only pages of this machine may ask, and only to read.
func TestWhoMayAsk(t *testing.T) {
	s := newSite(t)
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8417": 200, "127.0.0.1:1": 200, "[::1]:8417": 200, "127.1.2.3": 200,
		"evil.example:8417": 403, "127.0.0.1.evil.example": 403, "10.0.0.1:8417": 403, "": 403, "localhost.evil.example": 403, "0.0.0.0:8417": 403, "[::]": 403,
	} {
		for _, path := range []string{"/", "/-/now", "/-/follow.js"} {
			if w := s.ask(http.MethodGet, path, host, nil); w.Code != want {
				t.Errorf("%s at host %q: status %d, want %d", path, host, w.Code, want)
			}
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		if w := s.ask(method, "/", "localhost", nil); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d", method, w.Code)
		}
	}
	first := s.ask(http.MethodGet, "/", "localhost", nil)
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"} {
		if !strings.HasPrefix(first.Header().Get(name), want) {
			t.Errorf("%s is %q", name, first.Header().Get(name))
		}
	}
	if w := s.ask(http.MethodGet, "/", "localhost", map[string]string{"If-None-Match": first.Header().Get("ETag")}); w.Code != http.StatusNotModified {
		t.Errorf("of a page that the reader has: status %d", w.Code)
	}
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{file: "is a file: name the folder", file + "s": "assay run writes results"} {
		if _, err := Open(Options{Folder: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
}

// A port is loopback's, and is given back when the context ends, whoever is connected.
func TestRun(t *testing.T) {
	l, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr)
	if !at.IP.IsLoopback() {
		t.Errorf("it listens at %s", at)
	}
	if _, err := Listen(at.Port); err == nil || !strings.Contains(err.Error(), "is in use") || !strings.Contains(err.Error(), "--port") {
		t.Errorf("of a port that is in use: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	s := newSite(t)
	go func() { ended <- s.server.Run(ctx, l, log.New(io.Discard, "", 0)) }()
	idle, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	answer, err := http.Get("http://" + at.String() + "/-/now")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("status %d, error %v", answer.StatusCode, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if again, err := Listen(at.Port); err != nil {
		t.Errorf("the port is not free: %v", err)
	} else {
		again.Close()
	}
}
