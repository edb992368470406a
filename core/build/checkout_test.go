package build

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A checkout holds the files as they are, of a commit and of a working tree.
func TestCheckout(t *testing.T) {
	odd := "with space\nand line \"quoted\" \xc3\xa9/-x"
	r := newRepo(t, "a", "moved", odd)
	r.write("tool", "#!/bin/sh\n")
	if err := os.Chmod(r.path("tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"inside": "a", "outside": "/etc/hostname", "up": "../../..", "nowhere": "gone"} {
		if err := os.Symlink(to, r.path(link)); err != nil {
			t.Fatal(err)
		}
	}
	r.write(".gitignore", "ignored\n")
	r.write("ignored", "")
	r.git("mv", "moved", "to")
	dirty := r.make(r.spec("", "true"))
	r.commit("all")
	clean := r.make(r.spec("main", "true"))
	want := []string{".gitignore", "a", "inside", "nowhere", "outside", "to", "tool", "up", odd}
	for name, tree := range map[string]Tree{"working tree": dirty, "commit": clean} {
		if got := names(t, tree.Dir); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if got := r.read(filepath.Join(tree.Dir, odd)); got != "content of "+odd+"\n" {
			t.Errorf("%s: %q", name, got)
		}
		if to, err := os.Readlink(filepath.Join(tree.Dir, "outside")); err != nil || to != "/etc/hostname" {
			t.Errorf("%s: %s, %v", name, to, err)
		}
		for file, mode := range map[string]os.FileMode{"a": 0, "tool": 0o111} {
			info, err := os.Stat(filepath.Join(tree.Dir, file))
			if err != nil || info.Mode()&0o111 != mode || !info.ModTime().Equal(time.Unix(1700000000, 0)) {
				t.Errorf("%s: %s is %v, of %v (%v)", name, file, info.Mode(), info.ModTime(), err)
			}
		}
	}
	if dirty.Key == clean.Key {
		t.Error("one key for a commit and a tree that is not its own")
	}
}

// Nothing that a repository brings with it runs: filters, hooks, monitors.
func TestNothingOfTheRepositoryRuns(t *testing.T) {
	r := newRepo(t, "a")
	r.write(".gitattributes", "* filter=evil\n*.d diff=evil\n")
	r.commit("attributes")
	ran := filepath.Join(t.TempDir(), "ran")
	evil := "#!/bin/sh\necho \"$0\" >> '" + ran + "'\ncat\n"
	for _, hook := range []string{"post-checkout", "post-index-change", "pre-auto-gc", "fsmonitor", "reference-transaction"} {
		r.write("hooks/"+hook, evil)
		if err := os.Chmod(r.path("hooks/"+hook), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.write(".git/info/exclude", "hooks\n")
	for key, value := range map[string]string{
		"core.hooksPath": r.path("hooks"), "core.fsmonitor": r.path("hooks/fsmonitor"),
		"filter.evil.clean": r.path("hooks/fsmonitor"), "filter.evil.smudge": r.path("hooks/fsmonitor"), "filter.evil.required": "true",
		"core.pager": r.path("hooks/fsmonitor"), "alias.rev-parse": "!" + r.path("hooks/fsmonitor"),
		"core.sshCommand": r.path("hooks/fsmonitor"), "diff.external": r.path("hooks/fsmonitor"),
	} {
		r.gitIn(t.TempDir(), "config", "--file", r.path(".git/config"), key, value)
	}
	r.write("new", "content\n")
	for _, ref := range []string{"", "main"} {
		if tree := r.make(r.spec(ref, "true")); r.read(filepath.Join(tree.Dir, "a")) != "content of a\n" {
			t.Errorf("%q: the file was filtered", ref)
		}
	}
	if b, err := os.ReadFile(ran); err == nil {
		t.Errorf("these ran:\n%s", b)
	}
}

func TestARepositoryThatIsOnlyRead(t *testing.T) {
	r := newRepo(t, "a", "b/c")
	r.write("new", "x")
	r.git("gc", "-q") // a pack
	before := listing(t, r.dir)
	if os.Geteuid() != 0 {
		makeReadOnly(t, r.dir)
		before = listing(t, r.dir)
	}
	for _, ref := range []string{"", "main"} {
		r.make(r.spec(ref, "echo built > out"))
	}
	if after := listing(t, r.dir); after != before {
		t.Errorf("the repository was\n%s\nand is\n%s", before, after)
	}
}

func makeReadOnly(t *testing.T, dir string) {
	t.Helper()
	chmod := func(mode os.FileMode) {
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if d != nil && d.IsDir() {
				_ = os.Chmod(path, mode)
			}
			return nil
		})
	}
	chmod(0o555)
	t.Cleanup(func() { chmod(0o755) })
}

func TestSubmodules(t *testing.T) {
	lib, inner := newRepo(t, "lib.c"), newRepo(t, "inner.c")
	lib.git("submodule", "--quiet", "add", "file://"+inner.dir, "deep/inner")
	lib.commit("inner")
	r := newRepo(t, "a")
	r.git("submodule", "--quiet", "add", "file://"+lib.dir, "third party")
	withOut := Spec{Repo: r.dir, Ref: "with", Command: []string{"true"}}
	r.commit("with lib")
	r.git("branch", "with")
	_, err := Make(context.Background(), withOut, r.resolve(withOut), r.opts)
	wants(t, err, "submodule deep/inner", "never fetched", "submodule update --init --recursive")
	r.git("submodule", "--quiet", "update", "--init", "--recursive")
	want := []string{".gitmodules", "a", "third party/.gitmodules", "third party/deep/inner/inner.c", "third party/lib.c"}
	check := func(name string, tree Tree) {
		t.Helper()
		if got := names(t, tree.Dir); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	clean := r.make(r.spec("", "true"))
	check("working tree", clean)
	if clean.Commit != r.git("rev-parse", "HEAD") {
		t.Errorf("%s is not the commit", clean.Commit)
	}
	r.write("third party/deep/inner/inner.c", "changed\n")
	_, err = Resolve(context.Background(), r.spec("", "true"), r.opts)
	wants(t, err, "third party/deep/inner", "uncommitted changes")
	r.git("-C", "third party/deep/inner", "checkout", "-q", ".")
	// A commit of the submodule that the repository does not record yet is part of the working tree.
	r.write("third party/more.c", "")
	r.git("-C", "third party", "add", "-A")
	r.git("-C", "third party", "commit", "-q", "-m", "more")
	want = append(want, "third party/more.c")
	check("moved submodule", r.make(r.spec("", "true")))
	want = want[:len(want)-1]
	// A branch without it is checked out: git keeps it beside.
	r.git("checkout", "-q", "-f", "--orphan", "other")
	r.git("rm", "-rqf", "--cached", ".")
	if err := os.RemoveAll(r.path("third party")); err != nil {
		t.Fatal(err)
	}
	r.commit("other")
	check("a branch", r.make(withOut))
}

func TestTheWorkingTreeChangesMeanwhile(t *testing.T) {
	r := newRepo(t, "a")
	s := r.spec("", "true")
	tree := r.resolve(s)
	r.write("a", "new")
	_, err := Make(context.Background(), s, tree, r.opts)
	wants(t, err, "changed since it was read")
	if r.resolve(s).Built || len(names(t, r.opts.Folder)) > 2 { // the tag and the lock
		t.Errorf("left: %q", names(t, r.opts.Folder))
	}
}

func TestLinkedWorktree(t *testing.T) {
	r := newRepo(t, "a")
	dir := filepath.Join(t.TempDir(), "linked")
	r.git("worktree", "add", "-q", "-b", "side", dir)
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := Spec{Repo: dir, Command: []string{"true"}}
	if tree := r.make(s); !slices.Equal(names(t, tree.Dir), []string{"a", "new"}) {
		t.Errorf("%q", names(t, tree.Dir))
	}
}
