package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/child"
)

const (
	stopGrace  = 3 * time.Second // for a server to end by itself after SIGTERM
	portTries  = 4
	tailLines  = 20
	idleWindow = time.Second
)

// server is a program that the plugin started, or one that ran already, with no process.
type server struct {
	base    string
	process *child.Child
}

// freePort is one that nobody listens on now. Somebody may before the server
// does; then it is started again on another.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// startServer starts argv on a free port.
func startServer(s *settings) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	number := strconv.Itoa(port)
	argv := make([]string, len(s.Argv))
	for i, a := range s.Argv {
		argv[i] = strings.ReplaceAll(a, portMark, number)
	}
	process, err := child.Start(child.Spec{
		Argv: argv, Dir: s.Folder,
		Env: child.Environ(map[string]string{"PORT": number}),
	})
	if err != nil {
		return nil, fault("argv", "no_start", "the server does not start", err.Error())
	}
	return &server{base: "http://127.0.0.1:" + number, process: process}, nil
}

// died is empty while the server runs, as far as can be known, else how it ended and its last words.
func (s *server) died() string {
	if s.process == nil {
		return ""
	}
	select {
	case <-s.process.Done():
	case <-time.After(50 * time.Millisecond): // a connection breaks before its process is collected
		return ""
	}
	text := "It ended: " + s.process.Exit().State.String() + "."
	if tail := lastLines(s.process.Tail(), tailLines); tail != "" {
		text += " Its last output:\n" + tail
	}
	return text
}

// ended tells when there is no use in waiting any longer.
func (s *server) ended() <-chan struct{} {
	if s.process == nil {
		return nil
	}
	return s.process.Done()
}

// portTaken: the server ended because somebody else listens on its port.
func (s *server) portTaken() bool {
	if s.process == nil {
		return false
	}
	select {
	case <-s.process.Done():
	default:
		return false
	}
	tail := strings.ToLower(s.process.Tail())
	return strings.Contains(tail, syscall.EADDRINUSE.Error()) || strings.Contains(tail, "eaddrinuse") ||
		strings.Contains(tail, "couldn't bind") || strings.Contains(tail, "failed to bind")
}

func (s *server) stop() error {
	if s == nil || s.process == nil {
		return nil
	}
	return s.process.Stop(stopGrace)
}

// start brings a server up to its first answer, and finds its dialect.
func (x *configuration) start(ctx context.Context) error {
	key, err := x.apiKey()
	if err != nil {
		return err
	}
	begin := time.Now()
	for try := 1; ; try++ {
		if x.base != "" {
			x.server = &server{base: x.base}
		} else if x.server, err = startServer(&x.settings); err != nil {
			return err
		}
		x.client = newClient(x.server.base, key, x.request)
		err = x.ready(ctx, begin)
		if err == nil {
			if x.process() != nil {
				x.upAfter = time.Since(begin)
			}
			return nil
		}
		if try == portTries || !x.server.portTaken() {
			return err
		}
		_ = x.server.stop() // it has ended
	}
}

func (x *configuration) process() *child.Child { return x.server.process }

// ready waits until the server answers a small request.
func (x *configuration) ready(ctx context.Context, begin time.Time) error {
	ctx, cancel := context.WithDeadlineCause(ctx, begin.Add(x.startup), errStartup)
	defer cancel()
	var last error
	for {
		x.Progress("start", min(float64(time.Since(begin))/float64(x.startup), 0.99))
		err := x.listening(ctx)
		if err == nil {
			err = x.negotiate(ctx)
		}
		if err == nil || !errors.As(err, new(notYet)) && context.Cause(ctx) == nil {
			return err
		}
		if context.Cause(ctx) == nil || last == nil {
			last = err
		}
		select {
		case <-time.After(pollEvery):
		case <-x.server.ended():
			return fault("argv", "server_ended", "the server ended before it was ready", x.server.died())
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errStartup) {
				return x.late(last)
			}
			return context.Cause(ctx)
		}
	}
}

func (x *configuration) late(last error) sdk.Diagnostic {
	d := fault("startup_timeout", "not_ready", "the server was not ready in time",
		fmt.Sprintf("no answer from %s within %s (%v). If it only needs longer, raise startup_timeout.", x.server.base, x.startup, last))
	if x.process() != nil {
		if tail := lastLines(x.process().Tail(), tailLines); tail != "" {
			d.Detail += " Its last output:\n" + tail
		}
	}
	return d
}

const pollEvery = 50 * time.Millisecond

var errStartup = errors.New("startup_timeout")

// notYet wraps what may pass while a server loads its model.
type notYet struct{ error }

func (e notYet) Unwrap() error { return e.error }

// unreached is an error of a connection: of a server that was started it may
// pass.
func (x *configuration) unreached(err error) error {
	if x.process() != nil && !errors.Is(err, errElsewhere) {
		return notYet{err}
	}
	return fault("url", "no_server", "no server answers", err.Error())
}

// listening asks for /health, which some servers do not have, and else for
// /v1/models: 503 is how they say that they are loading.
func (x *configuration) listening(ctx context.Context) error {
	for _, path := range []string{"/health", "/v1/models"} {
		code, body, err := x.client.get(ctx, path)
		switch {
		case err != nil:
			return x.unreached(err)
		case code == 503 || code == 502 || code == 504 || code == 429:
			return notYet{&serverError{code: code, text: x.client.hide(errorText(body))}}
		case code < 300:
			return nil
		}
	}
	return nil // a request will tell
}
