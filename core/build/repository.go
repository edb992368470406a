package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/assay-bench/assay/core/diag"
)

// repository is the user's. Only commands that read are run in it.
type repository struct {
	root     string // of the working tree; of a bare repository its folder
	bare     bool
	shallow  bool
	format   string // of object names: sha1 or sha256
	objects  string // absolute path of the folder
	common   string // absolute path of the folder that its worktrees share
	exclude  string // absolute path of the repository's own list of ignored files
	own      []string
	environ  []string
	settings []setting // those that decide how files become objects
}

type setting struct{ name, value string }

// open finds the repository that dir is in.
func open(ctx context.Context, dir string, environ []string) (*repository, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s: repo is relative to the folder of the configuration", dir)
	case err != nil:
		return nil, fmt.Errorf("repository %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("repository %s: not a folder", dir)
	}
	return read(ctx, dir, gitEnviron(environ))
}

// openStore opens the folder that git keeps of a submodule, whose working tree
// may be gone. It is good for commits only.
func openStore(ctx context.Context, dir string, environ []string) (*repository, error) {
	return read(ctx, dir, append(gitEnviron(environ), "GIT_DIR="+dir, "GIT_WORK_TREE="+dir))
}

func read(ctx context.Context, dir string, environ []string) (*repository, error) {
	r := &repository{environ: environ}
	out, err := r.git(ctx, dir, "rev-parse", "--path-format=absolute", "--is-bare-repository", "--is-shallow-repository",
		"--show-object-format", "--git-path", "objects", "--git-common-dir", "--git-path", "info/exclude")
	switch {
	case refused(err) && strings.Contains(err.Error(), "not a git repository"):
		return nil, fmt.Errorf("%s is in no git repository: name another folder as repo, or make it one with git init", dir)
	case err != nil:
		return nil, fmt.Errorf("repository %s: %w", dir, err)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if lines[0] == "--path-format=absolute" {
		return nil, errors.New("git is older than 2.31: builds need that version or a later one")
	}
	if len(lines) != 6 {
		return nil, fmt.Errorf("repository %s: its path has a line break, which is not supported: move it", dir)
	}
	r.bare, r.shallow, r.format = lines[0] == "true", lines[1] == "true", lines[2]
	r.objects, r.common, r.exclude = lines[3], lines[4], lines[5]
	if r.root = r.common; !r.bare {
		if out, err = r.git(ctx, dir, "rev-parse", "--path-format=absolute", "--show-toplevel"); err != nil {
			return nil, fmt.Errorf("repository %s: %w", dir, err)
		}
		r.root = strings.TrimSuffix(out, "\n")
	}
	return r, r.readSettings(ctx)
}

func (r *repository) git(ctx context.Context, dir string, args ...string) (string, error) {
	return git(ctx, r.environ, dir, nil, args...)
}

// readSettings keeps the settings that decide how a file becomes an object, and
// which files are ignored. Filters are not among them: they are programs.
func (r *repository) readSettings(ctx context.Context) error {
	out, err := r.git(ctx, r.root, "config", "--includes", "-z", "--get-regexp",
		`^core\.(filemode|symlinks|ignorecase|precomposeunicode|autocrlf|eol)$`)
	if err != nil && !refused(err) { // status 1: none is set
		return err
	}
	for _, entry := range fields(out) {
		name, value, valued := strings.Cut(entry, "\n")
		if !valued {
			value = "true"
		}
		r.settings = append(r.settings, setting{strings.TrimPrefix(name, "core."), value})
	}
	// The default of this one hangs on the environment, which scratch repositories keep.
	out, err = r.git(ctx, r.root, "config", "--includes", "-z", "--path", "core.excludesfile")
	if err != nil && !refused(err) {
		return err
	}
	if path := strings.TrimSuffix(out, "\x00"); path != "" {
		r.settings = append(r.settings, setting{"excludesfile", path})
	}
	return nil
}

// commit resolves a ref.
func (r *repository) commit(ctx context.Context, ref string) (string, error) {
	out, err := r.git(ctx, r.root, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if refused(err) || err == nil && out == "" {
		return "", r.unknown(ctx, ref)
	}
	if err != nil {
		return "", fmt.Errorf("repository %s, ref %q: %w", r.root, ref, err)
	}
	return strings.TrimSpace(out), nil
}

// RefError says that a repository has no such branch, tag or commit.
type RefError struct {
	Repo, Ref string
	hint      string
	shallow   bool
}

func (e *RefError) Error() string { return "t" + e.Detail(e.Repo)[1:] }

// Detail is the message in sentences, with the repository's path as shown.
func (e *RefError) Detail(repo string) string {
	fetch := "git -C " + repo + " fetch"
	if e.shallow {
		fetch += " --unshallow: the repository is shallow"
	}
	return fmt.Sprintf("There is no %q in %s. %s A branch that was never fetched is not looked for: %s.", e.Ref, repo, e.hint, fetch)
}

func (r *repository) unknown(ctx context.Context, ref string) error {
	out, err := r.git(ctx, r.root, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", "refs/remotes")
	if err != nil {
		return fmt.Errorf("repository %s: %w", r.root, err)
	}
	e := &RefError{Repo: r.root, Ref: ref, shallow: r.shallow}
	var names []string
	for _, name := range strings.Fields(out) {
		if remote, ok := strings.CutPrefix(name, "refs/remotes/"); ok {
			if _, branch, _ := strings.Cut(remote, "/"); branch == ref {
				e.hint = fmt.Sprintf("Did you mean %q?", remote)
			}
			continue
		}
		_, name, _ = strings.Cut(strings.TrimPrefix(name, "refs/"), "/")
		names = append(names, name)
	}
	if e.hint == "" {
		e.hint = diag.DidYouMean(ref, "branches and tags", names)
	}
	return e
}

// head is the commit that the working tree began from.
func (r *repository) head(ctx context.Context) (commit, tree string, err error) {
	out, err := r.git(ctx, r.root, "rev-parse", "HEAD^{commit}", "HEAD^{tree}")
	switch {
	case refused(err):
		return "", "", fmt.Errorf("repository %s has no commit yet: commit something first", r.root)
	case err != nil:
		return "", "", err
	}
	commit, tree, _ = strings.Cut(strings.TrimSpace(out), "\n")
	return commit, tree, nil
}
