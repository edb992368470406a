package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Spec says what to build.
type Spec struct {
	Repo    string            // absolute path of a git repository, or of a folder in one
	Ref     string            // branch, tag or commit; empty: the working tree as it stands
	Command []string          // run at the root of the checkout, without a shell
	Env     map[string]string // of Command, over what it gets of the host's
	Timeout time.Duration     // of Command; 0: 30 minutes
}

const defaultTimeout = 30 * time.Minute

// Tree is a checkout that is built or can be. All but Built is the same before
// and after it is built.
type Tree struct {
	Commit string // "COMMIT", or "COMMIT+TREE" where there are uncommitted files
	Key    string // of the cache
	Dir    string // absolute path of the root of the checkout
	Built  bool   // it is in the cache
}

// Options say where and how.
type Options struct {
	Folder  string   // the cache; empty: $XDG_CACHE_HOME/assay/build or ~/.cache/assay/build
	Environ []string // of the host; nil: os.Environ()
	Rebuild bool     // Make builds what is in the cache too
	Own     []string // absolute paths of what assay writes, which is no part of a working tree

	Step   func(line string) // Make hears what it does or waits for; nil: nobody does
	Output func(line string) // and the last line of the command's output, about once a second
}

// Resolve says what is built for s, and where. It builds nothing.
func Resolve(ctx context.Context, s Spec, o Options) (Tree, error) {
	o = o.filled()
	if err := s.check(); err != nil {
		return Tree{}, err
	}
	c, err := o.cache()
	if err != nil {
		return Tree{}, err
	}
	r, err := open(ctx, s.Repo, o.Environ)
	if err != nil {
		return Tree{}, err
	}
	r.own = o.Own
	commit, err := r.resolve(ctx, s.Ref)
	if err != nil {
		return Tree{}, err
	}
	e := c.entry(keyOf(r.root, commit, s, o.Environ))
	return Tree{Commit: commit, Key: e.key, Dir: e.tree(), Built: e.built()}, nil
}

// check refuses what no process can be started with.
func (s *Spec) check() error {
	if len(s.Command) == 0 || s.Command[0] == "" {
		return errors.New("build has no command: name a program and its arguments")
	}
	for _, arg := range s.Command {
		if strings.ContainsRune(arg, 0) {
			return fmt.Errorf("build command has a zero byte in %q: take it out", arg)
		}
	}
	for name, value := range s.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("build environment: %q is no name of a variable: it is empty or has = or a zero byte in it", name)
		}
		if strings.ContainsRune(value, 0) {
			return fmt.Errorf("build environment: %s has a zero byte in %q: take it out", name, value)
		}
	}
	return nil
}

func (r *repository) resolve(ctx context.Context, ref string) (string, error) {
	if ref != "" {
		return r.commit(ctx, ref)
	}
	s, err := r.snapshot(ctx)
	if err != nil {
		return "", err
	}
	defer s.close()
	return s.name, nil
}

func (o Options) filled() Options {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.Output == nil {
		o.Output = func(string) {}
	}
	return o
}

// cache is the folder of builds, which may not be there yet.
func (o Options) cache() (cache, error) {
	dir := o.Folder
	switch {
	case dir != "":
	case lookup(o.Environ, "XDG_CACHE_HOME") != "":
		dir = filepath.Join(lookup(o.Environ, "XDG_CACHE_HOME"), "assay", "build")
	case lookup(o.Environ, "HOME") != "":
		dir = filepath.Join(lookup(o.Environ, "HOME"), ".cache", "assay", "build")
	default:
		return cache{}, errors.New("build cache: neither XDG_CACHE_HOME nor HOME is set: set one of them")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return cache{}, fmt.Errorf("build cache %s: %w", dir, err)
	}
	return cache{dir}, nil
}
