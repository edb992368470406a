package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"
)

// maxBody bounds an answer that is not streamed.
const maxBody = 64 << 20

// serverError is what the server itself says against a request.
type serverError struct {
	code     int // HTTP status, 0: in the stream
	text     string
	streamed bool
}

func (e *serverError) Error() string {
	if e.streamed {
		return "the server says in its stream: " + e.text
	}
	return fmt.Sprintf("the server answers %d %s: %s", e.code, http.StatusText(e.code), e.text)
}

// errStall: a request took longer than request_timeout.
var errStall = errors.New("no whole answer within request_timeout")

var errElsewhere = errors.New("the server sends requests on to another one")

// client speaks to one server.
type client struct {
	base    string // no slash at the end
	key     string // of the API; never in a message
	timeout time.Duration
	http    *http.Client
}

// newClient's connections serve one request each: servers close idle ones when
// they like, and a request that meets such a close would be sent twice. The
// clock starts once the connection is there.
func newClient(base, key string, timeout time.Duration) *client {
	return &client{base: base, key: key, timeout: timeout, http: &http.Client{
		Transport: &http.Transport{
			Proxy:              http.ProxyFromEnvironment, // never for this machine's own addresses
			DisableKeepAlives:  true,
			DisableCompression: true,
			TLSNextProto:       map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/2 would share connections
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if from := via[0].URL; req.URL.Host != from.Host || req.URL.Scheme != from.Scheme {
				return fmt.Errorf("%w, %s: write that one's address as url", errElsewhere, escaped(req.URL.Host))
			}
			if len(via) > 5 {
				return errors.New("the server redirects in a circle")
			}
			return nil
		},
	}}
}

// get asks for a path and returns status and body.
func (c *client) get(ctx context.Context, path string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, min(c.timeout, 10*time.Second))
	defer cancel()
	req, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, c.safe(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxLine))
	return resp.StatusCode, body, c.safe(err)
}

// post sends a request and reads the answer, streamed or whole.
func (c *client) post(ctx context.Context, path string, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errStall)
	defer cancel()
	sent := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent = time.Now() }})
	req, err := c.request(ctx, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, c.stalled(ctx, err)
	}
	defer resp.Body.Close()
	var a answer
	switch kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return answer{}, &serverError{code: resp.StatusCode, text: c.hide(errorText(said))}
	case kind == "application/json":
		a, err = readWhole(resp.Body)
	default:
		a, err = readStream(resp.Body, time.Now)
	}
	a.sent = sent
	if a.print == "" {
		a.print = resp.Header.Get("Server")
	}
	return a, c.stalled(ctx, err)
}

func (c *client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, c.safe(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	return req, nil
}

// stalled names the timeout that ended a request.
func (c *client) stalled(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errStall) {
		return fmt.Errorf("%w (%s)", errStall, c.timeout)
	}
	return c.safe(err)
}

// safe keeps the key out of an error that could quote it.
func (c *client) safe(err error) error {
	var said *serverError
	if errors.As(err, &said) {
		said.text = c.hide(said.text)
		return err
	}
	if err != nil && c.key != "" && strings.Contains(err.Error(), c.key) {
		return errors.New(c.hide(err.Error()))
	}
	return err
}

func (c *client) hide(s string) string {
	if c.key == "" {
		return s
	}
	return strings.ReplaceAll(s, c.key, "(key)")
}

// readWhole reads an answer that was not streamed.
func readWhole(body io.Reader) (answer, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	a := newAnswer()
	switch {
	case err != nil:
		return a, err
	case len(data) > maxBody:
		return a, fmt.Errorf("the answer is longer than %d MiB", maxBody>>20)
	}
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		return a, fmt.Errorf("the answer is not of the protocol: %w: %s", err, shown(data))
	}
	if text := c.fault(); text != "" {
		return a, &serverError{text: text, streamed: true}
	}
	a.add(&c, time.Now(), 1)
	if a.last.IsZero() {
		a.last = time.Now()
	}
	if a.first.IsZero() {
		a.first = a.last
	}
	return a, nil
}
