package registry_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/pack"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/release"
	"github.com/assay-bench/assay/core/source"
)

const addSource = "github.com/you/assay-plugin-add"

// forge has releases of the plugin add, served on loopback.
type forge struct {
	t        *testing.T
	dir      string // of the test
	releases string // folders vX.Y.Z
	url      string
	answer   func(w http.ResponseWriter, r *http.Request) bool // in place of the file; nil: none
	asked    []string
	expire   atomic.Pointer[func()] // ends the wait for a server's next bytes
}

func newForge(t *testing.T, versions ...string) *forge {
	t.Helper()
	f := &forge{t: t, dir: t.TempDir()}
	f.releases = filepath.Join(f.dir, "served", "you", "assay-plugin-add")
	for _, v := range versions {
		f.release(v, v)
	}
	files := pack.Serve(filepath.Join(f.dir, "served"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked = append(f.asked, r.URL.Path)
		if f.answer == nil || !f.answer(w, r) {
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// release makes one whose plugin says that it is of a version.
func (f *forge) release(version, says string) string {
	f.t.Helper()
	binary := plugin(f.t, f.dir, "built", "add", says)
	dir := filepath.Join(f.releases, "v"+version)
	if err := pack.Plugin(dir, "add", version, binary, registry.Platform(), "plan9_mips"); err != nil {
		f.t.Fatal(err)
	}
	return dir
}

func (f *forge) archive(version string) string {
	return filepath.Join(f.releases, "v"+version, "assay-plugin-add_v"+version+"_"+registry.Platform()+".tar.gz")
}

// installer is one with the lock file of the test's folder, as it is now.
func (f *forge) installer() *registry.Installer {
	f.t.Helper()
	lock, err := registry.ReadLock(filepath.Join(f.dir, registry.LockName))
	if err != nil {
		f.t.Fatal(err)
	}
	getenv := env(f.dir, release.EnvURL+"="+f.url)
	return &registry.Installer{Dir: registry.UserFolder(getenv), Lock: lock, From: release.Options{Dir: f.dir, Getenv: getenv}}
}

func (f *forge) install(in *registry.Installer, w registry.Wanted) (*registry.Installation, error) {
	f.t.Helper()
	w.Name = "add"
	if w.Source.Text == "" {
		w.Source = source.Of(addSource)
	}
	f.asked = nil
	i, err := in.Install(f.t.Context(), w)
	if err != nil {
		return nil, err
	}
	in.Lock.Pin("add", i.Pin)
	if err := in.Lock.Write(filepath.Join(f.dir, registry.LockName)); err != nil {
		f.t.Fatal(err)
	}
	return i, nil
}

func (f *forge) must(in *registry.Installer, w registry.Wanted) *registry.Installation {
	f.t.Helper()
	i, err := f.install(in, w)
	if err != nil {
		f.t.Fatal(err)
	}
	return i
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if e.Name() != ".lock" {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

func (f *forge) write(path, text string) {
	f.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forge) append(path, text string) {
	f.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(path, string(b)+text)
}

func (f *forge) remove(path string) {
	f.t.Helper()
	if err := os.RemoveAll(path); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forge) empty(dir string) {
	f.remove(dir)
	if err := os.Mkdir(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forge) rename(from, to string) {
	f.t.Helper()
	if err := os.Rename(filepath.Join(f.releases, from), filepath.Join(f.releases, to)); err != nil {
		f.t.Fatal(err)
	}
}

// keep takes archives for other platforms out of a release.
func (f *forge) keep(dir, platform string) {
	f.t.Helper()
	all, _ := filepath.Glob(filepath.Join(dir, "*.tar.gz"))
	for _, a := range all {
		if !strings.Contains(a, platform) {
			f.remove(a)
		}
	}
	if err := pack.Sums(dir); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forge) twice(version string) {
	f.t.Helper()
	b, err := os.ReadFile(f.archive(version))
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(strings.TrimSuffix(f.archive(version), ".tar.gz")+".zip", string(b))
	if err := pack.Sums(filepath.Dir(f.archive(version))); err != nil {
		f.t.Fatal(err)
	}
}

// script releases a program of that text.
func (f *forge) script(version, text string) {
	f.t.Helper()
	path := filepath.Join(f.dir, "script")
	f.write(path, text)
	if err := pack.Plugin(filepath.Join(f.releases, "v"+version), "add", version, path, registry.Platform()); err != nil {
		f.t.Fatal(err)
	}
}

func described(source string) string {
	return "#!/bin/sh\necho '" + fmt.Sprintf(`{"name":"add","version":"1.1.0","source":%q,"phases":[{"name":"decode"}],"config":{}}`, source) + "'\n"
}

func truncated(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasSuffix(r.URL.Path, ".tar.gz") {
		return false
	}
	w.Header().Set("Content-Length", "100000")
	_, _ = w.Write([]byte("\x1f\x8b"))
	return true
}

// stalled sends the beginning of an archive, and nothing more until nobody waits.
func (f *forge) stalled(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasSuffix(r.URL.Path, ".tar.gz") {
		return false
	}
	_, _ = w.Write([]byte("\x1f\x8b"))
	_ = http.NewResponseController(w).Flush()
	for r.Context().Err() == nil {
		(*f.expire.Load())()
		time.Sleep(time.Millisecond)
	}
	return true
}

func redirected(to string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, ".tar.gz") {
			http.Redirect(w, r, to, http.StatusFound)
			return true
		}
		return false
	}
}

func failing(status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		return true
	}
}

// key is a pair of minisign's, made of a seed.
func key(seed byte) (id []byte, private ed25519.PrivateKey) {
	return []byte{seed, 0, 0, 0, 0, 0, 0, 0}, ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
}

func public(seed byte) string {
	id, private := key(seed)
	return base64.StdEncoding.EncodeToString(append(append([]byte("Ed"), id...), private.Public().(ed25519.PublicKey)...))
}

// sign writes SHA256SUMS.minisig, as minisign -S -l does.
func (f *forge) sign(version string, seed byte) {
	f.t.Helper()
	sums := filepath.Join(f.releases, "v"+version, "SHA256SUMS")
	b, err := os.ReadFile(sums)
	if err != nil {
		f.t.Fatal(err)
	}
	id, private := key(seed)
	signature := ed25519.Sign(private, b)
	global := ed25519.Sign(private, append(append([]byte{}, signature...), "v"+version...))
	f.write(sums+".minisig", fmt.Sprintf("untrusted comment: x\n%s\ntrusted comment: v%s\n%s\n",
		base64.StdEncoding.EncodeToString(append(append([]byte("Ed"), id...), signature...)), version, base64.StdEncoding.EncodeToString(global)))
}
