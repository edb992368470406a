package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/page"
)

// Options of a server.
type Options struct {
	Folder string                     // of result documents
	Index  string                     // file that keeps what an index needs of them; empty: none
	Shown  func(path string) string   // a path as commands in pages have it
	GoOn   func(folder string) string // how the session whose journal lies there is gone on with
	Warn   func(error)                // hears of what is left out
	Clock  func() time.Time           // nil: the system's
}

// Server answers for one folder.
type Server struct {
	documents *documents
	sessions  *sessions
}

// Open is a server of a folder that is there.
func Open(o Options) (*Server, error) {
	folder, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w (assay run writes results; name the folder that holds them)", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file: name the folder it lies in", o.Folder)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	d := &documents{folder: folder, index: o.Index, shown: o.Shown, warn: o.Warn, told: map[string]bool{}, clock: o.Clock}
	return &Server{
		documents: d,
		sessions:  &sessions{folder: folder, goOn: o.GoOn, document: d.address, clock: o.Clock, known: map[string]*session{}, runs: map[string]time.Time{}},
	}, nil
}

// Listen takes a port of the loopback device; 0 takes one that is free.
func Listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %d is in use, by another assay serve perhaps: name another one with --port, or 0 for any that is free", port)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %d is the system's: name one from 1024 with --port, or 0 for any that is free", port)
	}
	return l, err
}

// Run answers on a listener until ctx ends, and closes it.
func (s *Server) Run(ctx context.Context, l net.Listener, faults *log.Logger) error {
	server := &http.Server{Handler: s.Handler(), ErrorLog: faults, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16}
	ended := make(chan error, 1)
	crash.Go(func() { ended <- server.Serve(l) })
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// Answers that are being written get a moment; connections that are kept are closed.
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return server.Close()
	}
	return nil
}

// Handler answers to requests by loopback names, for what can only be read.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.index(w, r, "index.html") })
	mux.HandleFunc("GET /{page...}", s.page)
	mux.HandleFunc("GET "+page.ScriptPath, func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, "text/javascript; charset=utf-8", []byte(page.Script))
	})
	mux.HandleFunc("GET "+page.NowPath, func(w http.ResponseWriter, r *http.Request) {
		s.write(w, r, func(out *bytes.Buffer) error { return page.WriteSessions(out, s.sessions.now()) })
	})
	mux.HandleFunc("GET "+page.LivePath+"{session}", s.live(page.WriteLive))
	mux.HandleFunc("GET "+page.LivePath+"{session}/now", s.live(page.WriteDoing))
	return guarded(mux)
}

// guarded refuses what asks by another name than a loopback one. A page of the web
// whose name leads to this machine (DNS rebinding) asks by its own.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !loopback(r.Host) {
			http.Error(w, fmt.Sprintf("assay serve answers to localhost and 127.0.0.1, not to %q", r.Host), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	address := r.PathValue("page")
	text, err := s.documents.page(address)
	switch {
	case err != nil:
		fail(w, err)
	case text == nil:
		s.index(w, r, address)
	default:
		answer(w, r, html, text)
	}
}

func (s *Server) index(w http.ResponseWriter, r *http.Request, address string) {
	shelf, err := s.documents.shelve()
	if err != nil {
		fail(w, err)
		return
	}
	var out bytes.Buffer
	found, err := shelf.Index(&out, address, s.sessions.now())
	switch {
	case err != nil:
		fail(w, err)
	case !found:
		http.Error(w, "there is no such page: / lists those that there are", http.StatusNotFound)
	default:
		answer(w, r, html, out.Bytes())
	}
}

func (s *Server) live(write func(io.Writer, page.Live) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l := s.sessions.one(r.PathValue("session"))
		if l == nil {
			http.Error(w, "there is no such session: / lists those that are measured", http.StatusNotFound)
			return
		}
		s.write(w, r, func(out *bytes.Buffer) error { return write(out, *l) })
	}
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, content func(*bytes.Buffer) error) {
	var out bytes.Buffer
	if err := content(&out); err != nil {
		fail(w, err)
		return
	}
	answer(w, r, html, out.Bytes())
}

func fail(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

const html = "text/html; charset=utf-8"

// answer sends a text, unless the other side has it.
func answer(w http.ResponseWriter, r *http.Request, kind string, text []byte) {
	sum := sha256.Sum256(text)
	w.Header().Set("Content-Type", kind)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}
