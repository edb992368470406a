package release

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/source"
)

func TestRedirections(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     string // of the error; empty: it is followed
	}{
		{"https://github.com/a", "https://github.com/b", ""},
		{"https://github.com/a", "https://release-assets.githubusercontent.com/b", ""},
		{"https://github.com/a", "https://githubusercontent.com.example.com/b", "on another host than github.com"},
		{"https://github.com/a", "https://evilgithub.com/b", "on another host"},
		{"https://github.com/a", "http://github.com/b", "is not https"},
		{"https://github.com/a", "http://127.0.0.1/b", "is not https"},
		{"https://git.example.com/a", "https://media.git.example.com/b", ""},
		{"https://git.example.com/a", "https://x.githubusercontent.com/b", "on another host than git.example.com"},
		{"https://git.example.com/a", "https://git.example.com:8443/b", "on another host"},
		{"http://127.0.0.1:1/a", "http://127.0.0.1:1/b", ""},
		{"http://127.0.0.1:1/a", "http://127.0.0.1:2/b", "on another host"},
		{"https://github.com/a", "ftp://github.com/b", "is not https"},
	} {
		from, err := url.Parse(c.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(c.to)
		if err != nil {
			t.Fatal(err)
		}
		err = redirect(&http.Request{URL: to}, []*http.Request{{URL: from}})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s to %s: %v, want %q", c.from, c.to, err, c.want)
		}
	}
}

// A list of several pages, of which some are no releases to take; the token is not
// sent to another server than GitHub's own.
func TestVersionsOfARepository(t *testing.T) {
	type entry struct {
		Tag        string `json:"tag_name"`
		Draft      bool   `json:"draft"`
		Prerelease bool   `json:"prerelease"`
	}
	list := []entry{{Tag: "v2.0.0", Draft: true}, {Tag: "v1.9.0", Prerelease: true}, {Tag: "v1.8.0-rc.1", Prerelease: true}, {Tag: "1.7.0"}, {Tag: "v1.6"}}
	for i := range 150 {
		list = append(list, entry{Tag: fmt.Sprintf("v1.0.%d", i)})
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token is sent to another server")
		}
		from := 0
		if r.URL.Query().Get("page") == "2" {
			from = 100
		}
		_ = json.NewEncoder(w).Encode(list[from:min(from+100, len(list))])
	}))
	defer server.Close()
	environment := map[string]string{EnvURL: server.URL + "/", "GITHUB_TOKEN": "secret"}
	p, err := At(source.Of("github.com/you/assay-plugin-add"), "add", Options{Getenv: func(name string) string { return environment[name] }})
	if err != nil {
		t.Fatal(err)
	}
	found, passed, err := p.Versions(t.Context())
	if err != nil || len(found) != 151 || found[0] != "1.8.0-rc.1" {
		t.Errorf("%d versions, %v: %q", len(found), err, found)
	}
	want := "[{v2.0.0 it is a draft} {v1.9.0 it is marked as a pre-release, and its version is not} {1.7.0 its tag is no version vX.Y.Z} {v1.6 its tag is no version vX.Y.Z}]"
	if got := fmt.Sprint(passed); got != want {
		t.Errorf("passed over %s\nwant %s", got, want)
	}
}

// files is a place with these files in every version.
type files map[string][]byte

func (files) Versions(context.Context) ([]string, []Passed, error) { return nil, nil, nil }
func (files) where(string) string                                  { return "here" }
func (f files) open(_ context.Context, _, file string) (io.ReadCloser, error) {
	if b, ok := f[file]; ok {
		return io.NopCloser(strings.NewReader(string(b))), nil
	}
	return nil, fs.ErrNotExist
}

// Sums and signatures from outside never panic; what is taken for an archive has a
// whole digest and no path.
func FuzzOpen(f *testing.F) {
	sum := strings.Repeat("0f", 32)
	f.Add([]byte(sum+"  assay-plugin-add_v1.0.0_linux_amd64.tar.gz\n"), []byte("untrusted comment: x\nRWQ=\ntrusted comment: y\nRWQ=\n"))
	f.Add([]byte(sum+" *assay-plugin-add_1.0.0_linux_amd64.zip\r\n\n"), []byte(nil))
	f.Fuzz(func(t *testing.T, sums, signature []byte) {
		p := files{sumsFile: sums, signatureFile: signature}
		if r, err := Open(t.Context(), p, "add", "1.0.0", "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"); err == nil {
			t.Fatalf("%+v: it was not signed", r)
		}
		r, err := Open(t.Context(), p, "add", "1.0.0", "")
		if err != nil {
			return
		}
		for platform, a := range r.Archives {
			if len(a.SHA256) != 64 || strings.ContainsAny(a.File, "/\\") || !strings.Contains(a.File, platform) {
				t.Fatalf("%q: %+v", platform, a)
			}
		}
	})
}

// Sums are written by many tools, and over several kinds of names.
func TestSumsAreRead(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	for _, line := range []string{"  FILE", " *FILE", "  ./FILE", " FILE\r"} {
		file := "assay-plugin-add_v1.0.0_linux_amd64.tar.gz"
		r, err := Open(t.Context(), files{sumsFile: []byte(sum + strings.Replace(line, "FILE", file, 1) + "\n")}, "add", "1.0.0", "")
		if err != nil || r.Archives["linux_amd64"] != (Sum{file, sum}) {
			t.Errorf("%q: %+v, %v", line, r, err)
		}
	}
}
