package build

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// environ is a host without settings of its own for git.
func environ(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.TempDir(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
}

// repo is a git repository that a test makes.
type repo struct {
	*testing.T
	dir  string
	opts Options
}

// newRepo has one commit on main, with the files named.
func newRepo(t *testing.T, files ...string) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("builds are of git repositories, and git is not installed")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &repo{t, filepath.Join(dir, "repo"), Options{Folder: filepath.Join(dir, "cache"), Environ: environ(t)}}
	r.mkdir("")
	r.git("init", "-q", "-b", "main")
	if len(files) > 0 {
		for _, f := range files {
			r.write(f, "content of "+f+"\n")
		}
		r.commit("first")
	}
	return r
}

func (r *repo) git(args ...string) string { r.Helper(); return r.gitIn(r.dir, args...) }

func (r *repo) gitIn(dir string, args ...string) string {
	r.Helper()
	cmd := exec.Command("git", append([]string{"-c", "protocol.file.allow=always"}, args...)...)
	cmd.Dir, cmd.Env = dir, r.opts.Environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit takes everything and says what the commit is called.
func (r *repo) commit(message string) string {
	r.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

func (r *repo) path(name string) string { return filepath.Join(r.dir, name) }

func (r *repo) mkdir(name string) {
	r.Helper()
	if err := os.MkdirAll(r.path(name), 0o755); err != nil {
		r.Fatal(err)
	}
}

func (r *repo) write(name, text string) {
	r.Helper()
	r.mkdir(filepath.Dir(name))
	if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
		r.Fatal(err)
	}
}

// spec runs a shell command on a ref.
func (r *repo) spec(ref, script string) Spec {
	return Spec{Repo: r.dir, Ref: ref, Command: []string{"/bin/sh", "-c", script}}
}

func (r *repo) resolve(s Spec) Tree {
	r.Helper()
	tree, err := Resolve(context.Background(), s, r.opts)
	if err != nil {
		r.Fatal(err)
	}
	return tree
}

// make resolves and builds, and holds nothing.
func (r *repo) make(s Spec) Tree {
	r.Helper()
	tree := r.resolve(s)
	hold, err := Make(context.Background(), s, tree, r.opts)
	if err != nil {
		r.Fatal(err)
	}
	hold.Close()
	return tree
}

func (r *repo) read(path string) string {
	r.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	return string(b)
}

// listing is all that is below a folder, with sizes, modes and times.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b.WriteString(path + " " + info.Mode().String())
		if !strings.HasPrefix(d.Name(), "sharedindex.") { // git renews its time whenever it reads it
			b.WriteString(" " + info.ModTime().String())
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// names are the files below a folder.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wants holds an error to parts of its text.
func wants(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}
