package main

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

const (
	largestIndex = 16 << 20
	largestWheel = 256 << 20
	quiet        = time.Minute // without a byte: the download has failed
)

// fetch downloads the wheel to path from an index. Proxies and certificates are those
// of the environment.
func (r release) fetch(ctx context.Context, index, path string, progress io.Writer) error {
	page, err := url.Parse(strings.TrimSuffix(index, "/") + "/" + r.project + "/")
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	var text strings.Builder
	if err := download(ctx, page, &text, largestIndex); err != nil {
		return err
	}
	link, err := r.link(text.String())
	if err != nil {
		return fmt.Errorf("%s: %w", page.Redacted(), err)
	}
	from, err := page.Parse(link)
	if err != nil {
		return fmt.Errorf("%s: %w", page.Redacted(), err)
	}
	fmt.Fprintf(progress, "fetching %s\n", r.file)
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	defer f.Close()
	if err := download(ctx, from, f, largestWheel); err != nil {
		return err
	}
	return f.Close()
}

// link returns the file's link on the project's page of an index. The page is HTML
// as PEP 503 has it: an anchor's text is the file's name.
func (r release) link(page string) (string, error) {
	for _, m := range anchor.FindAllStringSubmatch(page, -1) {
		if strings.TrimSpace(m[2]) == r.file {
			return html.UnescapeString(m[1]), nil
		}
	}
	return "", fmt.Errorf("the index has no %s", r.file)
}

var anchor = regexp.MustCompile(`(?is)<a\s[^>]*href="([^"]*)"[^>]*>([^<]*)</a>`)

// download copies what a URL has, at most so many bytes. The error is errAbsent if the
// network or the server failed, and not if ctx ended or to could not be written.
func download(ctx context.Context, from *url.URL, to io.Writer, most int64) error {
	bounded, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	absent := func(err error) error {
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", from.Redacted(), context.Cause(ctx))
		}
		return fmt.Errorf("%w: %w (WHEEL=path names one that is there)", errAbsent, cmp.Or(context.Cause(bounded), err))
	}
	r, err := http.NewRequestWithContext(bounded, http.MethodGet, from.String(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/html, application/octet-stream")
	timer := time.AfterFunc(quiet, func() { cancel(fmt.Errorf("%s: no answer for %v", from.Redacted(), quiet)) })
	defer timer.Stop()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return absent(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return absent(fmt.Errorf("%s: %s", from.Redacted(), answer.Status))
	}
	body := &watched{Reader: io.LimitReader(answer.Body, most+1), timer: timer}
	n, err := io.Copy(to, body)
	switch {
	case body.failed != nil:
		return absent(body.failed)
	case err != nil: // to: a full disk
		return err
	case n > most:
		return absent(fmt.Errorf("%s: is larger than %d bytes", from.Redacted(), most))
	}
	return nil
}

// watched gives a timer more time whenever something is read, and keeps the error of
// a read that failed.
type watched struct {
	io.Reader
	timer  *time.Timer
	failed error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.timer.Reset(quiet)
	}
	if err != nil && err != io.EOF {
		w.failed = err
	}
	return n, err
}
