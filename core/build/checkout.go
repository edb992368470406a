package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// checkout fills the folder dir, which is there and empty, with what t names.
// All files get the time of the commit, so that no tool finds one of them newer
// than another.
func (r *repository) checkout(ctx context.Context, ref string, t Tree, dir string) error {
	commit, _, _ := strings.Cut(t.Commit, "+")
	if ref != "" {
		s, err := r.newScratch(dir)
		if err != nil {
			return err
		}
		defer s.close()
		return r.extract(ctx, s, commit, commit, dir)
	}
	s, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if s.name != t.Commit {
		return fmt.Errorf("the working tree of %s changed since it was read: start again", r.root)
	}
	if err := os.Remove(filepath.Join(s.dir, "index")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.at(dir)
	return r.extract(ctx, s.scratch, s.tree, commit, dir)
}

// extract puts the files of tree, and of the submodules in it, into dir.
func (r *repository) extract(ctx context.Context, s *scratch, tree, commit, dir string) error {
	if err := s.readsObjects(); err != nil {
		return err
	}
	if _, err := s.git(ctx, dir, "", "read-tree", "-u", "--reset", tree); err != nil {
		return fmt.Errorf("checkout of %s: %w", r.root, err)
	}
	if err := r.submodules(ctx, s, dir); err != nil {
		return err
	}
	out, err := r.git(ctx, r.root, "rev-list", "--max-count=1", "--timestamp", commit)
	if err != nil {
		return err
	}
	stamp, _, _ := strings.Cut(out, " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("time of commit %s: %w", commit, err)
	}
	at := time.Unix(seconds, 0)
	if now := time.Now(); at.After(now) {
		at = now // make warns of files from the future
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			err = os.Chtimes(path, at, at)
		}
		return err
	})
}

// submodules fills in the submodules from what the repository has of them.
func (r *repository) submodules(ctx context.Context, s *scratch, dir string) error {
	listing, err := s.git(ctx, dir, "", "ls-files", "-z", "--stage")
	if err != nil {
		return err
	}
	for _, line := range fields(listing) {
		info, path, _ := strings.Cut(line, "\t")
		words := strings.Fields(info)
		if words[0] != "160000" {
			continue
		}
		m, err := r.submodule(ctx, s, dir, path, words[1])
		if err != nil {
			return err
		}
		inner, err := m.newScratch(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		err = m.extract(ctx, inner, words[1], words[1], filepath.Join(dir, path))
		inner.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// submodule finds a repository that has the commit: the one in the working tree,
// or the one that git keeps for branches that are not checked out.
func (r *repository) submodule(ctx context.Context, s *scratch, dir, path, commit string) (*repository, error) {
	has := func(m *repository, err error) bool {
		if err == nil {
			_, err = m.git(ctx, m.root, "cat-file", "-e", commit+"^{commit}")
		}
		return err == nil
	}
	if _, err := os.Lstat(filepath.Join(r.root, path, ".git")); err == nil && !r.bare {
		if m, err := open(ctx, filepath.Join(r.root, path), r.environ); has(m, err) {
			return m, nil
		}
	}
	out, err := s.git(ctx, dir, "", "config", "-z", "--file", ".gitmodules", "--get-regexp", `^submodule\..*\.path$`)
	if err != nil && !refused(err) {
		return nil, err
	}
	for _, entry := range fields(out) {
		key, at, _ := strings.Cut(entry, "\n")
		name := strings.TrimSuffix(strings.TrimPrefix(key, "submodule."), ".path")
		if at == path && filepath.IsLocal(name) {
			if m, err := openStore(ctx, filepath.Join(r.common, "modules", name), r.environ); has(m, err) {
				return m, nil
			}
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("submodule %s of %s is needed at commit %.12s, which was never fetched: git -C %s submodule update --init --recursive",
		path, r.root, commit, r.root)
}
