package registry_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/pack"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/source"
)

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
