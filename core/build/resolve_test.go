package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRefs(t *testing.T) {
	r := newRepo(t, "a")
	first := r.git("rev-parse", "HEAD")
	r.git("tag", "light")
	r.git("tag", "-a", "-m", "annotated", "v1")
	r.git("branch", "feature/x")
	r.write("a", "new\n")
	second := r.commit("second")
	for ref, want := range map[string]string{
		"main": second, "light": first, "v1": first, "feature/x": first, second: second, first[:10]: first, "HEAD~1": first, "": second,
	} {
		if got := r.resolve(r.spec(ref, "true")); got.Commit != want || got.Built || got.Dir != filepath.Join(r.opts.Folder, got.Key, "tree") {
			t.Errorf("ref %q: %+v, want commit %s", ref, got, want)
		}
	}
	if _, err := os.Stat(r.opts.Folder); !errors.Is(err, os.ErrNotExist) {
		t.Error("Resolve made the cache")
	}
}

func TestUnknownRefs(t *testing.T) {
	r := newRepo(t, "a")
	r.git("branch", "wider-tiles")
	r.git("update-ref", "refs/remotes/origin/theirs", "HEAD")
	for ref, want := range map[string]string{
		"mian":       `there is no "mian" in ` + r.dir + `. Did you mean "main"? A branch that was never fetched is not looked for: git -C ` + r.dir + ` fetch.`,
		"wide-tiles": `Did you mean "wider-tiles"?`,
		"theirs":     `Did you mean "origin/theirs"?`,
		"quite-another-name-that-nothing-is-like": "The branches and tags are: main, wider-tiles.",
		"--all": "there is no", "main:a": "there is no", "a\nb": "there is no", strings.Repeat("1", 40): "there is no",
	} {
		_, err := Resolve(context.Background(), r.spec(ref, "true"), r.opts)
		var unknown *RefError
		if !errors.As(err, &unknown) {
			t.Errorf("%q: %v is no RefError", ref, err)
		}
		wants(t, err, want)
	}
	_, err := Resolve(context.Background(), r.spec("a\x00b", "true"), r.opts)
	wants(t, err, "ref")
}

func TestWorkingTree(t *testing.T) {
	clean := func(r *repo) {}
	for name, c := range map[string]struct {
		change func(r *repo)
		same   bool // as the commit
	}{
		"as committed": {clean, true},
		"touched": {func(r *repo) {
			r.write("b/c", "content of b/c\n")
		}, true},
		"ignored":             {func(r *repo) { r.write("out/x.o", "") }, true},
		"ignored by the user": {func(r *repo) { r.write("mine", "") }, true},
		"ignored in the repository's own list": {func(r *repo) {
			r.write(".git/info/exclude", "scratch\n")
			r.write("scratch", "")
		}, true},
		"assay's own": {func(r *repo) {
			r.opts.Own = []string{r.path("b/re [s]*"), "/elsewhere"}
			r.write("b/re [s]*/runs/1/journal.jsonl", "")
		}, true},
		"beside assay's own": {func(r *repo) {
			r.opts.Own = []string{r.path("b/re [s]*")}
			r.write("b/re sx/kernel.c", "")
		}, false},
		"changed":          {func(r *repo) { r.write("a", "new") }, false},
		"of the same size": {func(r *repo) { r.write("a", "CONTENT of a\n") }, false},
		"staged":           {func(r *repo) { r.write("a", "new"); r.git("add", "a") }, false},
		"new":              {func(r *repo) { r.write("d/e/f", "") }, false},
		"added later":      {func(r *repo) { r.write("n", "x"); r.git("add", "-N", "n") }, false},
		"gone":             {func(r *repo) { os.Remove(r.path("a")) }, false},
		"renamed":          {func(r *repo) { os.Rename(r.path("a"), r.path("z")) }, false},
		"executable":       {func(r *repo) { os.Chmod(r.path("a"), 0o755) }, false},
		"a link now":       {func(r *repo) { os.Remove(r.path("a")); os.Symlink("b/c", r.path("a")) }, false},
		"assumed unchanged": {func(r *repo) {
			r.git("update-index", "--assume-unchanged", "a")
			r.write("a", "new")
		}, false},
		"skipped and changed": {func(r *repo) {
			r.git("update-index", "--skip-worktree", "a")
			r.write("a", "new")
		}, false},
		"sparse":       {func(r *repo) { r.git("sparse-checkout", "set", "b") }, true},
		"sparse index": {func(r *repo) { r.git("sparse-checkout", "set", "--sparse-index", "b") }, true},
		"split index":  {func(r *repo) { r.git("update-index", "--split-index") }, true},
		"odd names":    {func(r *repo) { r.write("with space\nand line \"quoted\" \xc3\xa9", "") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, "a", "b/c", "s/t/u")
			r.write(".gitignore", "*.o\n")
			r.commit("ignore")
			r.opts.Environ = append(r.opts.Environ, "XDG_CONFIG_HOME="+filepath.Join(r.dir, "..", "config"))
			r.write("../config/git/ignore", "mine\n")
			head, tree := r.git("rev-parse", "HEAD"), r.git("rev-parse", "HEAD^{tree}")
			c.change(r)
			before := listing(t, r.dir)
			got := r.resolve(r.spec("", "true"))
			// To read a sparse index git renews the times of the trees in it.
			if after := listing(t, r.dir); before != after && name != "sparse index" {
				t.Errorf("the repository was\n%s\nand is\n%s", before, after)
			}
			commit, own, dirty := strings.Cut(got.Commit, "+")
			if commit != head || dirty == c.same || dirty && (len(own) != len(tree) || own == tree) {
				t.Errorf("%s, want %s and same as committed: %v", got.Commit, head, c.same)
			}
			if again := r.resolve(r.spec("", "true")); again != got {
				t.Errorf("%+v, then %+v", got, again)
			}
		})
	}
}

// What does not change the files does not change the key, and what does, does.
func TestTreeIsTheFiles(t *testing.T) {
	r := newRepo(t, "a")
	r.write("new", "1")
	one := r.resolve(r.spec("", "true"))
	r.git("add", "new")
	if staged := r.resolve(r.spec("", "true")); staged != one {
		t.Errorf("staged: %+v, want %+v", staged, one)
	}
	r.write("new", "2")
	if two := r.resolve(r.spec("", "true")); two.Key == one.Key || two.Commit == one.Commit {
		t.Errorf("%+v for two contents", two)
	}
	r.mkdir("sub")
	s := r.spec("", "true")
	s.Repo = r.path("sub")
	if got, want := r.resolve(s), r.resolve(r.spec("", "true")); got != want {
		t.Errorf("a folder in the repository: %+v, want %+v", got, want)
	}
}

func TestLineEndsAreTheRepositorys(t *testing.T) {
	r := newRepo(t, "a")
	r.git("config", "core.autocrlf", "true")
	r.write("a", "content of a\r\n")
	if got := r.resolve(r.spec("", "true")); strings.Contains(got.Commit, "+") {
		t.Errorf("%s, want the commit", got.Commit)
	}
}

func TestNoRepository(t *testing.T) {
	r := newRepo(t)
	empty := t.TempDir()
	bare := filepath.Join(empty, "bare")
	r.gitIn(empty, "init", "-q", "--bare", bare)
	file := filepath.Join(empty, "file")
	fifo := filepath.Join(empty, "fifo")
	if err := errors.Join(os.WriteFile(file, nil, 0o644), syscall.Mkfifo(fifo, 0o644)); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		empty: "is in no git repository", file: "not a folder", fifo: "not a folder",
		filepath.Join(empty, "gone"): "there is no folder " + filepath.Join(empty, "gone"), r.dir: "has no commit yet", bare: "is bare",
	} {
		_, err := Resolve(context.Background(), Spec{Repo: dir, Command: []string{"true"}}, r.opts)
		wants(t, err, dir, want)
	}
	_, err := Resolve(context.Background(), Spec{Repo: r.dir, Ref: "main", Command: []string{"true"}}, r.opts)
	wants(t, err, "There are no branches and tags.")
	r.opts.Folder = ""
	r.opts.Environ = []string{"PATH=" + os.Getenv("PATH")}
	_, err = Resolve(context.Background(), r.spec("", "true"), r.opts)
	wants(t, err, "XDG_CACHE_HOME")
}

func TestBareAndShallow(t *testing.T) {
	r := newRepo(t, "a")
	first := r.git("rev-parse", "HEAD")
	head := r.commit("second")
	for _, how := range []string{"--bare", "--depth=1"} {
		clone := filepath.Join(t.TempDir(), "clone")
		r.gitIn(r.dir, "clone", "-q", how, "file://"+r.dir, clone)
		s := Spec{Repo: clone, Ref: "main", Command: []string{"true"}}
		if got := r.make(s); got.Commit != head || r.read(filepath.Join(got.Dir, "a")) != "content of a\n" {
			t.Errorf("%s: %+v", how, got)
		}
		if s.Ref = first; how == "--depth=1" {
			_, err := Resolve(context.Background(), s, r.opts)
			wants(t, err, "fetch --unshallow")
		}
	}
}

func TestVariablesOfGitLeadNowhereElse(t *testing.T) {
	r, other := newRepo(t, "a"), newRepo(t, "b")
	r.opts.Environ = append(r.opts.Environ, "GIT_DIR="+other.path(".git"), "GIT_INDEX_FILE="+other.path(".git/index"), "GIT_WORK_TREE="+other.dir)
	if got := r.resolve(r.spec("", "true")); strings.Contains(got.Commit, "+") {
		t.Errorf("%+v", got)
	}
}

func TestInterruptedResolve(t *testing.T) {
	r := newRepo(t, "a")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Resolve(ctx, r.spec("", "true"), r.opts); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A model beside the sources is neither copied nor hashed.
func TestLargeFilesThatGitDoesNotKnow(t *testing.T) {
	r := newRepo(t, "a")
	r.write("models/large.gguf", "")
	if err := os.Truncate(r.path("models/large.gguf"), mostNew+1); err != nil {
		t.Fatal(err)
	}
	_, err := Resolve(context.Background(), r.spec("", "true"), r.opts)
	wants(t, err, r.dir, "1.1 GB, the largest is models/large.gguf", ".gitignore")
	r.write(".gitignore", "*.gguf\n")
	r.resolve(r.spec("", "true"))
}

func TestARepositoryInTheWorkingTree(t *testing.T) {
	r := newRepo(t, "a")
	r.gitIn(r.dir, "init", "-q", "inner")
	_, err := Resolve(context.Background(), r.spec("", "true"), r.opts)
	wants(t, err, r.dir, "inner")
}

func TestWhatNoProcessCanHave(t *testing.T) {
	for name, c := range map[string]struct {
		spec Spec
		want string
	}{
		"nothing":       {Spec{}, "no command"},
		"no program":    {Spec{Command: []string{""}}, "no command"},
		"a zero byte":   {Spec{Command: []string{"a", "b\x00"}}, "zero byte"},
		"no name":       {Spec{Command: []string{"a"}, Env: map[string]string{"": "x"}}, `"" is no name`},
		"an equal sign": {Spec{Command: []string{"a"}, Env: map[string]string{"A=B": "x"}}, `"A=B" is no name`},
		"a zero value":  {Spec{Command: []string{"a"}, Env: map[string]string{"A": "\x00"}}, "A has a zero byte"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Resolve(context.Background(), c.spec, Options{Folder: t.TempDir()})
			wants(t, err, c.want)
		})
	}
}
