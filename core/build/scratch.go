package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/assay-bench/assay/metal/regular"
)

// scratch is a git repository of our own beside the user's: its index, its new
// objects and its settings are in a temporary folder. It has neither hooks nor
// filters, and nothing done in it writes into the user's repository.
type scratch struct {
	dir     string
	of      *repository
	environ []string
}

// newScratch makes one whose working tree is the folder work.
func (r *repository) newScratch(work string) (*scratch, error) {
	dir, err := os.MkdirTemp("", "assay-git-")
	if err != nil {
		return nil, err
	}
	s := &scratch{dir: dir, of: r}
	s.at(work)
	var config strings.Builder
	fmt.Fprintf(&config, "[core]\n\trepositoryformatversion = 1\n\tattributesfile = /dev/null\n\tsafecrlf = false\n\tuntrackedcache = false\n")
	for _, set := range r.settings {
		fmt.Fprintf(&config, "\t%s = %s\n", set.name, quoted(set.value))
	}
	fmt.Fprintf(&config, "[extensions]\n\tobjectformat = %s\n", r.format)
	for _, folder := range []string{"objects/info", "refs/heads", "info"} {
		err = errors.Join(err, os.MkdirAll(filepath.Join(dir, folder), 0o700))
	}
	err = errors.Join(err, s.write("HEAD", "ref: refs/heads/none\n"), s.write("config", config.String()))
	exclude, rerr := regular.Read(r.exclude, 1<<20)
	if rerr != nil {
		exclude = nil
	}
	err = errors.Join(err, s.write("info/exclude", string(exclude)+"\n"+r.ownPatterns()))
	if err != nil {
		s.close()
		return nil, fmt.Errorf("temporary repository: %w", err)
	}
	return s, nil
}

// ownPatterns lets git ignore what assay writes below the repository's root.
func (r *repository) ownPatterns() string {
	var b strings.Builder
	for _, path := range r.own {
		rel, err := filepath.Rel(r.root, path)
		if err != nil || !filepath.IsLocal(rel) || rel == "." || strings.ContainsAny(rel, "\n\r") {
			continue
		}
		b.WriteByte('/')
		for _, c := range filepath.ToSlash(rel) {
			if strings.ContainsRune(`\*?[ #!`, c) {
				b.WriteByte('\\')
			}
			b.WriteRune(c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// at moves the working tree to another folder.
func (s *scratch) at(work string) {
	s.environ = append(s.of.environ[:len(s.of.environ):len(s.of.environ)],
		"GIT_DIR="+s.dir, "GIT_WORK_TREE="+work, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_COUNT=0")
}

// readsObjects lets it read the objects of the user's repository. Before that,
// git does not even touch those that it would have written itself.
func (s *scratch) readsObjects() error {
	return s.write("objects/info/alternates", quoted(s.of.objects)+"\n")
}

func (s *scratch) git(ctx context.Context, work, stdin string, args ...string) (string, error) {
	return git(ctx, s.environ, work, []byte(stdin), args...)
}

func (s *scratch) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600)
}

func (s *scratch) close() { _ = os.RemoveAll(s.dir) }

// quoted is text as git's settings and lists of paths take it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
