package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestBuiltOnce(t *testing.T) {
	r := newRepo(t, "a")
	count := filepath.Join(t.TempDir(), "count")
	s := r.spec("main", "echo run >> "+count+"; cp a built")
	tree := r.make(s)
	if tree.Built || !r.resolve(s).Built || r.read(filepath.Join(tree.Dir, "built")) != "content of a\n" {
		t.Errorf("built before: %v, after: %v", tree.Built, r.resolve(s).Built)
	}
	r.make(s)
	other := s
	other.Ref = r.git("rev-parse", "main")
	if r.make(other).Key != tree.Key {
		t.Error("two names of a commit have two keys")
	}
	if got := r.read(count); got != "run\n" {
		t.Errorf("ran %q", got)
	}
	r.opts.Rebuild = true
	hold, err := Make(context.Background(), s, tree, r.opts)
	if err != nil || !hold.New {
		t.Fatalf("%+v, %v", hold, err)
	}
	hold.Close()
	if got := r.read(count); got != "run\nrun\n" {
		t.Errorf("ran %q after a rebuild", got)
	}
}

func TestWhatACommandGets(t *testing.T) {
	r := newRepo(t, "a")
	r.opts.Environ = append(r.opts.Environ, "SECRET=1", "GITHUB_TOKEN=1", "CC=gcc", "LANG=host")
	s := r.spec("main", `env > env; pwd -P > pwd; cat > stdin; git rev-parse --show-toplevel > git 2>&1; echo "$0" "$1" > args`)
	s.Command = append(s.Command, "zero", "$HOME *")
	s.Env = map[string]string{"OWN": "x y", "LANG": "own"}
	dir := r.make(s).Dir
	env := strings.Split(r.read(filepath.Join(dir, "env")), "\n")
	for _, want := range []string{"OWN=x y", "LANG=own", "CC=gcc", "PWD=" + dir} {
		if !slices.Contains(env, want) {
			t.Errorf("no %s in %q", want, env)
		}
	}
	for _, entry := range env {
		if strings.HasPrefix(entry, "SECRET") || strings.HasPrefix(entry, "GITHUB_TOKEN") {
			t.Errorf("gets %s", entry)
		}
	}
	for file, want := range map[string]string{"pwd": dir + "\n", "stdin": "", "args": "zero $HOME *\n"} {
		if got := r.read(filepath.Join(dir, file)); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	if got := r.read(filepath.Join(dir, "git")); !strings.Contains(got, "not a git repository") {
		t.Errorf("git: %q", got)
	}
}

func TestProgramsOfTheCheckoutAndOfThePath(t *testing.T) {
	r := newRepo(t, "a")
	r.write("bin/tool", "#!/bin/sh\necho ran > out\n")
	if err := os.Chmod(r.path("bin/tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.commit("tool")
	for _, command := range []string{"bin/tool", "./bin/tool", "tool"} {
		s := Spec{Repo: r.dir, Ref: "main", Command: []string{command}, Env: map[string]string{"PATH": r.path("bin") + ":" + os.Getenv("PATH")}}
		if dir := r.make(s).Dir; r.read(filepath.Join(dir, "out")) != "ran\n" {
			t.Errorf("%s did not run", command)
		}
	}
}

func TestFailedBuilds(t *testing.T) {
	r := newRepo(t, "a")
	for name, c := range map[string]struct {
		command []string
		wants   []string
	}{
		"status":     {[]string{"/bin/sh", "-c", "for i in $(seq 30); do echo line $i; done; printf '\\033[31mred\\r50 %%\\r99 %%\\n'; exit 3"}, []string{"exit status 3", "\n    line 30\n    99 %\n", "all of its output: " + r.opts.Folder}},
		"signal":     {[]string{"/bin/sh", "-c", "kill -9 $$"}, []string{"signal: killed"}},
		"no program": {[]string{"no-such-program"}, []string{`no program "no-such-program" in $PATH`}},
		"no file":    {[]string{"./gone"}, []string{"./gone", "no such file"}},
		"no right":   {[]string{"./a"}, []string{"permission denied"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := Spec{Repo: r.dir, Ref: "main", Command: c.command}
			tree := r.resolve(s)
			_, err := Make(context.Background(), s, tree, r.opts)
			wants(t, err, append(c.wants, "main ("+tree.Commit[:10]+") of "+r.dir)...)
			var f *Failure
			if !errors.As(err, &f) || strings.Contains(err.Error(), "\x1b") || strings.Contains(err.Error(), "line 1\n") {
				t.Errorf("%#v", err)
			}
			if r.resolve(s).Built {
				t.Error("it looks built")
			}
			if _, err := os.Stat(filepath.Join(r.opts.Folder, tree.Key+".failed", "tree", "a")); err != nil {
				t.Error(err)
			}
		})
	}
	// A build that works in the end leaves nothing of those that failed.
	flag := filepath.Join(t.TempDir(), "flag")
	s := r.spec("main", "test -e "+flag)
	tree := r.resolve(s)
	if _, err := Make(context.Background(), s, tree, r.opts); err == nil {
		t.Fatal("no error")
	}
	if err := os.WriteFile(flag, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r.make(s)
	if _, err := os.Stat(filepath.Join(r.opts.Folder, tree.Key+".failed")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the failed one is still there (%v)", err)
	}
}

// Several who want one build get it once; those who want others do not wait.
func TestAtOnce(t *testing.T) {
	r := newRepo(t, "a")
	dir := t.TempDir()
	count := filepath.Join(dir, "count")
	same := r.spec("main", "echo run >> "+count+"; sleep 0.3")
	// These two meet: each waits for the other to have begun.
	meet := func(mine, other string) Spec {
		return r.spec("main", fmt.Sprintf("cd %s; touch %s; while ! test -e %s; do sleep 0.01; done", dir, mine, other))
	}
	specs := []Spec{same, same, same, meet("x", "y"), meet("y", "x")}
	errs := make([]error, len(specs))
	var news [5]bool
	var wg sync.WaitGroup
	for i, s := range specs {
		tree := r.resolve(s)
		wg.Go(func() {
			hold, err := Make(context.Background(), s, tree, r.opts)
			if errs[i] = err; err == nil {
				news[i] = hold.New
				hold.Close()
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got := r.read(count); got != "run\n" {
		t.Errorf("ran %q", got)
	}
	if n := len(slices.DeleteFunc(news[:3], func(b bool) bool { return !b })); n != 1 {
		t.Errorf("%d of three say that they built it", n)
	}
}

func TestCachesThatCannotBeUsed(t *testing.T) {
	r := newRepo(t, "a")
	s := r.spec("main", "true")
	try := func(folder string, parts ...string) {
		t.Helper()
		o := r.opts
		o.Folder = folder
		tree, err := Resolve(context.Background(), s, o)
		if err == nil {
			_, err = Make(context.Background(), s, tree, o)
		}
		wants(t, err, append(parts, "build cache "+folder)...)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	try(file, "not a directory")
	try(filepath.Join(file, "below"), "not a directory")
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "letter"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	try(foreign, "CACHEDIR.TAG")
	if _, err := os.Stat("/proc/self"); err == nil {
		try("/proc/self/assay", "no such file")
	}
	if os.Geteuid() != 0 {
		locked := t.TempDir()
		makeReadOnly(t, locked)
		try(filepath.Join(locked, "cache"), "permission denied", "XDG_CACHE_HOME")
	}
	// What is built already needs no writing.
	tree := r.make(s)
	if os.Geteuid() != 0 {
		makeReadOnly(t, r.opts.Folder)
	}
	if got := r.make(s); got.Key != tree.Key || !got.Built {
		t.Errorf("%+v", got)
	}
}
