package registry_test

import (
	"context"
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

func TestInstall(t *testing.T) {
	f := newForge(t, "1.0.0", "1.1.0", "2.0.0", "2.1.0-rc.1")
	i := f.must(f.installer(), registry.Wanted{Constraint: "~> 1.0"})
	if i.Version != "1.1.0" || !i.Fresh || len(i.Archives) != 2 || !strings.HasSuffix(i.Path, "/data/assay/plugins/assay-plugin-add_v1.1.0") {
		t.Fatalf("%+v", i)
	}
	if n := runs(filepath.Join(f.dir, "built")); n != 1 {
		t.Errorf("it was asked %d times what it is", n)
	}
	// The pinned version is there: nobody is asked.
	if i := f.must(f.installer(), registry.Wanted{Constraint: "~> 1.0"}); i.Fresh || len(f.asked) != 0 {
		t.Errorf("%+v asked for %q", i, f.asked)
	}
	// A machine with the lock file and nothing else gets the same one, and not a newer.
	f.release("1.2.0", "1.2.0")
	if err := os.RemoveAll(f.installer().Dir); err != nil {
		t.Fatal(err)
	}
	if again := f.must(f.installer(), registry.Wanted{Constraint: "~> 1.0"}); again.Version != "1.1.0" || again.SHA256 != i.SHA256 {
		t.Errorf("%+v, want %+v", again, i)
	}
	up := f.installer()
	up.Upgrade = true
	if i := f.must(up, registry.Wanted{Constraint: "~> 1.0"}); i.Version != "1.2.0" || !i.Fresh {
		t.Errorf("upgrade: %+v", i)
	}
	if i := f.must(up, registry.Wanted{Constraint: "= 2.1.0-rc.1"}); i.Version != "2.1.0-rc.1" {
		t.Errorf("a pre-release that was asked for: %+v", i)
	}
	// What is used is the pinned one of the versions side by side, without a warning.
	r := discover(t, registry.Options{Getenv: env(f.dir), LockPath: filepath.Join(f.dir, registry.LockName)})
	if p, err := r.Get("add", ""); err != nil || p.Version != "2.1.0-rc.1" || !p.Locked || len(r.Warnings()) != 0 {
		t.Errorf("%+v, %v, %q", p, err, r.Warnings())
	}
	if len(r.Rejected()) != 2 || !strings.Contains(r.Rejected()[0].Reason, "has version 2.1.0-rc.1, and this file is called 1.1.0") {
		t.Errorf("rejected: %+v", r.Rejected())
	}
	origins, err := registry.Origins(f.installer().Dir)
	if err != nil || origins[i.Path] != addSource {
		t.Errorf("origins: %v, %v", origins, err)
	}
	removed, err := registry.Remove(t.Context(), f.installer().Dir, "add", "1.1.0")
	if err != nil || len(removed) != 1 || removed[0] != i.Path {
		t.Errorf("removed: %q, %v", removed, err)
	}
	if _, err := registry.Remove(t.Context(), f.installer().Dir, "add", "1.1.0"); err == nil || !strings.Contains(err.Error(), "there is assay-plugin-add_v1.2.0, assay-plugin-add_v2.1.0-rc.1") {
		t.Errorf("removed twice: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(f.installer().Dir, ".fetch-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// Each refusal says what to do, and leaves nothing behind.
func TestRefusals(t *testing.T) {
	plain := registry.Wanted{}
	for name, c := range map[string]struct {
		wanted registry.Wanted
		do     func(f *forge) // to the releases
		locked string         // version that is installed and pinned before
		up     bool
		want   string
	}{
		"tampered archive": {do: func(f *forge) { f.append(f.archive("1.1.0"), "x") }, want: "was damaged or exchanged, and was not unpacked; try again, and tell the author"},
		"missing sum": {do: func(f *forge) { f.write(filepath.Join(f.releases, "v1.1.0", "SHA256SUMS"), "\n") },
			want: "SHA256SUMS has no sum of an archive assay-plugin-add_v1.1.0_OS_ARCH.tar.gz"},
		"no sums":   {do: func(f *forge) { f.remove(filepath.Join(f.releases, "v1.1.0", "SHA256SUMS")) }, want: "its author makes one by `sha256sum *.tar.gz >SHA256SUMS`"},
		"odd sums":  {do: func(f *forge) { f.write(filepath.Join(f.releases, "v1.1.0", "SHA256SUMS"), "<html>\n") }, want: `the line "<html>" is not SHA256  FILE`},
		"two sums":  {do: func(f *forge) { f.twice("1.1.0") }, want: "has two archives for " + registry.Platform()},
		"no upload": {do: func(f *forge) { f.remove(f.archive("1.1.0")) }, want: "its upload may not have ended; try again later"},
		"wrong platform": {do: func(f *forge) {
			f.keep(filepath.Join(f.releases, "v1.1.0"), "plan9_mips")
		}, want: "has no archive for " + registry.Platform() + ", only for plan9_mips: require a version that has one"},
		"outside of the constraint": {wanted: registry.Wanted{Constraint: ">= 2"}, want: "has no release that may be taken:\n  v1.1.0: it is not >= 2\n  v1.0.0: it is not >= 2"},
		"pinned outside of it":      {wanted: registry.Wanted{Constraint: "~> 1.0.0"}, locked: "1.1.0", want: "has version 1.1.0, and ~> 1.0.0 is required; `assay init --upgrade"},
		"downgrade": {do: func(f *forge) { f.remove(filepath.Join(f.releases, "v1.1.0")) }, locked: "1.1.0", up: true,
			want: `the newest one at github.com/you/assay-plugin-add is 1.0.0: a release is not taken back in silence; if the older one is wanted, require version = "= 1.0.0"`},
		"another source": {wanted: registry.Wanted{Source: source.Of("github.com/evil/assay-plugin-add")}, locked: "1.1.0",
			want: "is required of github.com/evil/assay-plugin-add, and %s has it of github.com/you/assay-plugin-add; if the change is wanted, take the block"},
		"released again": {do: func(f *forge) { f.release("1.1.0", "1.1.0+again") }, locked: "1.1.0", up: true, want: "has changed since it was locked: the sha256 of its archive for"},
		"another binary there": {do: func(f *forge) {
			f.append(filepath.Join(f.installer().Dir, "assay-plugin-add_v1.1.0"), "x")
		}, locked: "1.1.0", want: "is there, and is not what was installed; `assay plugin remove add 1.1.0` takes it away"},
		"no repository":    {do: func(f *forge) { f.remove(f.releases) }, want: "there is no repository"},
		"no release":       {do: func(f *forge) { f.empty(f.releases) }, want: "has no release that may be taken: there is none at all"},
		"no version":       {do: func(f *forge) { f.rename("v1.1.0", "nightly"); f.rename("v1.0.0", "v1.0") }, want: "nightly: its tag is no version vX.Y.Z"},
		"says another":     {do: func(f *forge) { f.release("1.1.0", "1.0.9") }, want: "the file name says version 1.1.0, the plugin says 1.0.9"},
		"is no plugin":     {do: func(f *forge) { f.script("1.1.0", "#!/bin/sh\necho no") }, want: "did not print a description"},
		"of another":       {do: func(f *forge) { f.script("1.1.0", described("me/add")) }, want: `it says that it is "me/add", and was fetched from ` + addSource},
		"truncated":        {do: func(f *forge) { f.answer = truncated }, want: "the download ended early: unexpected EOF; try again"},
		"stalled":          {do: func(f *forge) { f.answer = f.stalled }, want: "the download ended early: nothing comes any more; try again"},
		"redirect to http": {do: func(f *forge) { f.answer = redirected("http://example.com/x") }, want: "redirection refused: http://example.com/x is not https: fetch the release by hand"},
		"redirect away":    {do: func(f *forge) { f.answer = redirected("https://example.com/x") }, want: "https://example.com/x is on another host than 127.0.0.1"},
		"redirect for ever": {do: func(f *forge) {
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return true
			}
		}, want: "redirection refused: more than 5"},
		"rate limit":  {do: func(f *forge) { f.answer = failing(http.StatusForbidden) }, want: "set GITHUB_TOKEN, or try again later"},
		"server down": {do: func(f *forge) { f.answer = failing(http.StatusBadGateway) }, want: "502 Bad Gateway: try again later, or use a mirror: `assay init --mirror=DIR`"},
		"no network":  {do: func(f *forge) { f.url = "https://127.0.0.1:1" }, want: "cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused; on a machine with network, `assay plugin mirror DIR` saves the release; here, `assay init --mirror=DIR` takes it from there"},
		"plain http":  {do: func(f *forge) { f.url = "http://example.com" }, want: `$ASSAY_GITHUB_URL: "http://example.com" is no https address`},
		"unsigned":    {wanted: registry.Wanted{PublicKey: public(1)}, want: "has no SHA256SUMS.minisig, and public_key says that it is signed"},
		"signed by another": {wanted: registry.Wanted{PublicKey: public(1)}, do: func(f *forge) { f.sign("1.1.0", 2) },
			want: "is not signed with the public_key " + public(1) + ": incompatible key identifiers; whoever made this release"},
		"signed before": {wanted: registry.Wanted{PublicKey: public(1)}, do: func(f *forge) {
			f.sign("1.1.0", 1)
			f.release("1.1.0", "1.1.0+again")
		}, want: "is not signed with the public_key " + public(1) + ": invalid signature"},
		"no key":           {wanted: registry.Wanted{PublicKey: "RWQ"}, want: `public_key "RWQ": it is no minisign public key`},
		"no such mirror":   {do: func(f *forge) { f.url = "mirror" }, want: "/mirror has no folder"},
		"no place":         {wanted: registry.Wanted{Source: source.Of("you/add")}, want: "the source names no place to fetch the plugin from"},
		"no folder":        {wanted: registry.Wanted{Source: source.Of("./assay-plugin-add")}, want: "no such file or directory"},
		"archive, absent":  {wanted: registry.Wanted{Source: source.Of("./assay-plugin-add_v1.0.0_" + registry.Platform() + ".zip")}, want: "no such file or directory"},
		"archive, foreign": {wanted: registry.Wanted{Source: source.Of("./served/you/assay-plugin-add/v1.0.0/assay-plugin-add_v1.0.0_plan9_mips.tar.gz")}, do: func(f *forge) { f.keep(filepath.Join(f.releases, "v1.0.0"), "plan9_mips") }, want: "has no archive for " + registry.Platform()},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForge(t, "1.0.0", "1.1.0")
			if c.locked != "" {
				f.must(f.installer(), plain)
			}
			if c.do != nil {
				c.do(f)
			}
			in := f.installer()
			in.Upgrade = c.up
			if f.url == "mirror" {
				in.From.Mirror = filepath.Join(f.dir, "mirror")
			}
			if name == "stalled" {
				in.From.After = func(_ time.Duration, expire func()) *time.Timer {
					f.expire.Store(&expire)
					return time.AfterFunc(time.Hour, expire)
				}
			}
			before := listing(t, in.Dir)
			want := strings.ReplaceAll(c.want, "%s", filepath.Join(f.dir, registry.LockName))
			i, err := f.install(in, c.wanted)
			if err == nil {
				t.Fatalf("installed %+v, want %q", i, want)
			}
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nwant %q", err, want)
			}
			if after := listing(t, in.Dir); after != before {
				t.Errorf("the folder had %q, and has %q", before, after)
			}
		})
	}
}

// A lock file came with the folder: what it says becomes no path.
func TestLockFileOfSomebodyElse(t *testing.T) {
	f := newForge(t, "1.0.0")
	f.must(f.installer(), registry.Wanted{})
	in := f.installer()
	for _, version := range []string{"../../../evil", "1.0.0/../../evil", "", "1.0.0\x00"} {
		in.Lock.Plugins[0].Version = version
		if _, err := f.install(in, registry.Wanted{}); err == nil || !strings.Contains(err.Error(), "which is no semantic version: take the block out") {
			t.Errorf("%q: %v", version, err)
		}
		if _, err := in.Mirror(t.Context(), registry.Wanted{Name: "add", Source: source.Of(addSource)}, f.dir, nil); err == nil || !strings.Contains(err.Error(), "which is no semantic version") {
			t.Errorf("mirror of %q: %v", version, err)
		}
	}
}

// What a refusal advises helps.
func TestAdviceHelps(t *testing.T) {
	f := newForge(t, "1.0.0", "1.1.0")
	f.must(f.installer(), registry.Wanted{})
	up := f.installer()
	up.Upgrade = true
	f.remove(filepath.Join(f.releases, "v1.1.0"))
	if i := f.must(up, registry.Wanted{Constraint: "= 1.0.0"}); i.Version != "1.0.0" {
		t.Errorf("an older version that was asked for: %+v", i)
	}
	f.append(f.installer().Dir+"/assay-plugin-add_v1.0.0", "x")
	if _, err := registry.Remove(t.Context(), f.installer().Dir, "add", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	if i := f.must(f.installer(), registry.Wanted{Constraint: "= 1.0.0"}); !i.Fresh {
		t.Errorf("after plugin remove: %+v", i)
	}
	// A mirror has the files of the release, in folders that are called as their place.
	mirror := filepath.Join(f.dir, "mirror", "github.com", "you")
	if err := os.MkdirAll(mirror, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.releases, filepath.Join(mirror, "assay-plugin-add")); err != nil {
		t.Fatal(err)
	}
	f.remove(f.installer().Dir)
	in := f.installer()
	in.From.Mirror = filepath.Join(f.dir, "mirror")
	if i := f.must(in, registry.Wanted{Constraint: "= 1.0.0"}); !i.Fresh || len(f.asked) > 0 {
		t.Errorf("of a mirror: %+v, asked for %q", i, f.asked)
	}
}

func TestPlacesOnThisMachine(t *testing.T) {
	for name, from := range map[string]string{
		"releases":      "./served/you/assay-plugin-add",
		"one release":   "./served/you/assay-plugin-add/v1.0.0",
		"of many":       "./shared",
		"archive":       "./served/you/assay-plugin-add/v1.0.0/assay-plugin-add_v1.0.0_" + registry.Platform() + ".tar.gz",
		"archive alone": "./alone/assay-plugin-add_v1.0.0_" + registry.Platform() + ".tar.gz",
	} {
		t.Run(name, func(t *testing.T) {
			f := newForge(t, "1.0.0")
			// Another plugin's release of a newer version lies in the same folder.
			shared := filepath.Join(f.dir, "shared")
			for name, version := range map[string]string{"add": "1.0.0", "dot": "3.0.0"} {
				if err := pack.Plugin(shared, name, version, filepath.Join(f.dir, "built"), registry.Platform(), "plan9_mips"); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Join(f.dir, "alone"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Link(f.archive("1.0.0"), filepath.Join(f.dir, "alone", filepath.Base(f.archive("1.0.0")))); err != nil {
				t.Fatal(err)
			}
			i := f.must(f.installer(), registry.Wanted{Source: source.Of(from)})
			want := 2
			if name == "archive alone" {
				want = 1
			}
			if i.Version != "1.0.0" || len(i.Archives) != want || len(f.asked) > 0 {
				t.Errorf("%+v, asked for %q", i, f.asked)
			}
		})
	}
}

func TestSignedRelease(t *testing.T) {
	f := newForge(t, "1.0.0")
	f.sign("1.0.0", 1)
	f.must(f.installer(), registry.Wanted{}) // nobody asked for the signature
	if i := f.must(f.installer(), registry.Wanted{PublicKey: public(1)}); !i.Signed || i.Fresh || len(f.asked) == 0 {
		t.Errorf("a key that came later: %+v, asked for %q", i, f.asked)
	}
	if i := f.must(f.installer(), registry.Wanted{PublicKey: public(1)}); !i.Signed || len(f.asked) != 0 {
		t.Errorf("again: %+v, asked for %q", i, f.asked)
	}
}

// A mirror has the signature as well, if there is one.
func TestMirrorOfASignedRelease(t *testing.T) {
	f := newForge(t, "1.0.0")
	f.sign("1.0.0", 1)
	w := registry.Wanted{Name: "add", Source: source.Of(addSource), PublicKey: public(1)}
	mirror := filepath.Join(f.dir, "mirror")
	if _, err := f.installer().Mirror(t.Context(), w, mirror, nil); err == nil || !strings.Contains(err.Error(), "no release of it is pinned") {
		t.Errorf("before init: %v", err)
	}
	f.must(f.installer(), w)
	for range 2 { // the second time over what is there
		dir, err := f.installer().Mirror(t.Context(), w, mirror, nil)
		if err != nil || dir != filepath.Join(mirror, "github.com/you/assay-plugin-add/v1.0.0") {
			t.Fatalf("%s, %v", dir, err)
		}
	}
	f.remove(f.installer().Dir)
	in := f.installer()
	in.From.Mirror = mirror
	if i := f.must(in, w); !i.Signed || !i.Fresh || len(f.asked) != 0 {
		t.Errorf("of the mirror: %+v, asked for %q", i, f.asked)
	}
	f.append(f.archive("1.0.0"), "x")
	broken := filepath.Join(f.dir, "broken")
	if _, err := f.installer().Mirror(t.Context(), w, broken, nil); err == nil || !strings.Contains(err.Error(), "was damaged or exchanged") {
		t.Errorf("a tampered archive: %v", err)
	}
	if got := listing(t, filepath.Join(broken, "github.com/you/assay-plugin-add/v1.0.0")); strings.Contains(got, registry.Platform()) || strings.Contains(got, "SHA256SUMS") {
		t.Errorf("left: %s", got)
	}
}

// The binaries for other platforms are pinned without being started.
func TestHashesOfOtherPlatforms(t *testing.T) {
	f := newForge(t, "1.0.0")
	w := registry.Wanted{Name: "add", Source: source.Of(addSource)}
	in := f.installer()
	if _, err := in.Hashes(t.Context(), w, []string{"plan9_mips"}); err == nil || !strings.Contains(err.Error(), "no release of it is pinned") {
		t.Errorf("before init: %v", err)
	}
	i := f.must(f.installer(), w)
	in = f.installer()
	if _, err := in.Hashes(t.Context(), w, []string{"plan9_mips", "plan9_mips"}); err != nil {
		t.Fatal(err)
	}
	if got := in.Lock.Plugins[0].Hashes; len(got) != 2 || got[1] != "plan9_mips:sha256:"+i.SHA256 {
		t.Errorf("hashes: %q", got)
	}
	if _, err := in.Hashes(t.Context(), w, []string{"windows_amd64"}); err == nil || !strings.Contains(err.Error(), "has no archive for windows_amd64, only for") {
		t.Errorf("a platform without archive: %v", err)
	}
}

// Two commands that install at once do it one after the other; one that is
// interrupted while it waits ends.
func TestInstallersWaitForEachOther(t *testing.T) {
	f := newForge(t, "1.0.0")
	began, free := make(chan struct{}), make(chan struct{})
	f.answer = func(http.ResponseWriter, *http.Request) bool {
		if began != nil {
			close(began)
			began = nil
			<-free
		}
		return false
	}
	first := make(chan error)
	reached, in := began, f.installer()
	go func() {
		_, err := in.Install(context.WithoutCancel(t.Context()), registry.Wanted{Name: "add", Source: source.Of(addSource)})
		first <- err
	}()
	<-reached
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := registry.Remove(ctx, f.installer().Dir, "add", ""); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("while another one installs: %v", err)
	}
	close(free)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
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
