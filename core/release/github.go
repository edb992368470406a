package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/source"
)

const publicGitHub = "https://github.com"

// stall is how long a server may send nothing.
const stall = time.Minute

// pages of a hundred releases that are asked for.
const pages = 10

// gitHub has releases of a repository: its API lists them, and a file is at
// /OWNER/REPOSITORY/releases/download/vX.Y.Z/FILE.
type gitHub struct {
	owner, repo string
	base, api   string
	token       string // for the API of github.com alone
	after       func(time.Duration, func()) *time.Timer
	client      *http.Client
}

func newGitHub(s source.Source, o Options) (*gitHub, error) {
	g := &gitHub{owner: s.Owner, repo: s.Repo, base: publicGitHub, api: "https://api.github.com", after: o.After}
	if o.After == nil {
		g.after = time.AfterFunc
	}
	other := ""
	if o.Getenv != nil {
		other = strings.TrimSuffix(o.Getenv(EnvURL), "/")
	}
	switch {
	case other != "":
		u, err := url.Parse(other)
		if err != nil || u.Host == "" || refused(u) != nil {
			return nil, fmt.Errorf("$%s: %q is no https address", EnvURL, other)
		}
		g.base, g.api = other, other+"/api/v3"
	case o.Getenv != nil:
		g.token = o.Getenv("GITHUB_TOKEN")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = stall
	transport.DisableCompression = true // sums are of what is stored
	g.client = &http.Client{Transport: transport, CheckRedirect: redirect}
	return g, nil
}

// refused says why nothing is fetched from an address: it is not encrypted, and
// not of this machine.
func refused(u *url.URL) error {
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("%s is not https", u.Redacted())
}

// errRedirect is why a redirection was not followed.
var errRedirect = errors.New("redirection refused")

// redirect follows within a host, to hosts below it, and from github.com to the
// hosts that it keeps files on.
func redirect(to *http.Request, via []*http.Request) error {
	from, host := via[0].URL.Hostname(), to.URL.Hostname()
	own := to.URL.Host == via[0].URL.Host || strings.HasSuffix(host, "."+from) || from == "github.com" && strings.HasSuffix(host, ".githubusercontent.com")
	switch {
	case len(via) > 5:
		return fmt.Errorf("%w: more than 5, one after the other", errRedirect)
	case refused(to.URL) != nil || via[0].URL.Scheme == "https" && to.URL.Scheme != "https":
		return fmt.Errorf("%w: %s is not https", errRedirect, to.URL.Redacted())
	case !own:
		return fmt.Errorf("%w: %s is on another host than %s", errRedirect, to.URL.Redacted(), from)
	}
	return nil
}

func (g *gitHub) Versions(ctx context.Context) (found []string, passed []Passed, err error) {
	for page := 1; page <= pages; page++ {
		var list []struct {
			Tag        string `json:"tag_name"`
			Draft      bool   `json:"draft"`
			Prerelease bool   `json:"prerelease"`
		}
		body, err := g.get(ctx, fmt.Sprintf("%s/repos/%s/%s/releases?per_page=100&page=%d", g.api, g.owner, g.repo, page))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("there is no repository %s/%s/%s that everybody may read", g.base, g.owner, g.repo)
		}
		if err != nil {
			return nil, nil, err
		}
		err = json.NewDecoder(io.LimitReader(body, 64<<20)).Decode(&list)
		if err = errors.Join(err, body.Close()); err != nil {
			return nil, nil, fmt.Errorf("releases of %s/%s: the answer of %s cannot be read: %w", g.owner, g.repo, g.api, err)
		}
		for _, r := range list {
			v, ok := tagged(r.Tag)
			switch {
			case r.Draft:
				passed = append(passed, Passed{r.Tag, "it is a draft"})
			case !ok:
				passed = append(passed, Passed{r.Tag, "its tag is no version vX.Y.Z"})
			case r.Prerelease && !strings.Contains(v, "-"):
				passed = append(passed, Passed{r.Tag, "it is marked as a pre-release, and its version is not"})
			default:
				found = append(found, v)
			}
		}
		if len(list) < 100 {
			break
		}
	}
	return found, passed, nil
}

func (g *gitHub) where(version string) string {
	return fmt.Sprintf("release v%s of %s/%s/%s", version, strings.TrimPrefix(g.base, "https://"), g.owner, g.repo)
}

func (g *gitHub) open(ctx context.Context, version, file string) (io.ReadCloser, error) {
	return g.get(ctx, fmt.Sprintf("%s/%s/%s/releases/download/v%s/%s", g.base, g.owner, g.repo, url.PathEscape(version), url.PathEscape(file)))
}

// get opens what is at an address. fs.ErrNotExist: the server has nothing there.
func (g *gitHub) get(ctx context.Context, address string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	req.Header.Set("User-Agent", "assay")
	if g.token != "" && strings.HasPrefix(address, g.api+"/") {
		req.Header.Set("Authorization", "Bearer "+g.token)
	}
	answer, err := g.client.Do(req)
	if err != nil {
		defer cancel(nil)
		return nil, unreachable(ctx, address, err)
	}
	if answer.StatusCode != http.StatusOK {
		defer cancel(nil)
		defer answer.Body.Close() //nolint:errcheck // read only
		return nil, status(address, answer)
	}
	return &watched{body: answer.Body, ctx: ctx, cancel: cancel, after: g.after, address: address}, nil
}

func unreachable(ctx context.Context, address string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the address, which stands before it
	}
	if errors.Is(err, errRedirect) {
		return fmt.Errorf("%s: %w: fetch the release by hand, look at it, and name its folder as the source", address, err)
	}
	return fmt.Errorf("%s cannot be reached: %w; on a machine with network, `assay plugin mirror DIR` saves the release; here, `assay init --mirror=DIR` takes it from there", address, err)
}

func status(address string, answer *http.Response) error {
	switch answer.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("%s: %w", address, fs.ErrNotExist)
	case http.StatusForbidden, http.StatusTooManyRequests, http.StatusUnauthorized:
		return fmt.Errorf("%s: %s: GitHub answers few requests an hour without a token: set GITHUB_TOKEN, or try again later", address, answer.Status)
	}
	return fmt.Errorf("%s: %s: try again later, or use a mirror: `assay init --mirror=DIR`", address, answer.Status)
}

// watched is a body that ends when nothing comes any more.
type watched struct {
	body    io.ReadCloser
	ctx     context.Context
	cancel  context.CancelCauseFunc
	after   func(time.Duration, func()) *time.Timer
	address string
}

var errStalled = errors.New("nothing comes any more")

func (w *watched) Read(p []byte) (int, error) {
	t := w.after(stall, func() { w.cancel(errStalled) })
	n, err := w.body.Read(p)
	t.Stop()
	if err == nil || err == io.EOF {
		return n, err
	}
	if errors.Is(context.Cause(w.ctx), errStalled) {
		err = errStalled
	} else if w.ctx.Err() != nil {
		return n, w.ctx.Err()
	}
	return n, fmt.Errorf("%s: the download ended early: %w; try again", w.address, err)
}

func (w *watched) Close() error {
	w.cancel(nil)
	return w.body.Close()
}
