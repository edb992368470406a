package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// snapshot is the working tree as it stands: what is tracked and what is new,
// without what is ignored.
type snapshot struct {
	*scratch
	name string // "COMMIT", or "COMMIT+TREE" where the tree is not the commit's
	tree string
}

// snapshot reads the working tree. Unchanged files are hashed and not stored.
func (r *repository) snapshot(ctx context.Context) (*snapshot, error) {
	if r.bare {
		return nil, fmt.Errorf("repository %s is bare, without a working tree: name a ref", r.root)
	}
	commit, committed, err := r.head(ctx)
	if err != nil {
		return nil, err
	}
	tracked, err := r.git(ctx, r.root, "ls-files", "-z", "-v", "--stage")
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", r.root, err)
	}
	all, absent, modules := entries(r.root, tracked)
	if err := r.cleanModules(ctx, modules); err != nil {
		return nil, err
	}
	s, err := r.newScratch(r.root)
	if err != nil {
		return nil, err
	}
	tree, err := s.record(ctx, r.root, all, absent)
	if err != nil {
		s.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("repository %s, its working tree: %w", r.root, err)
	}
	out := &snapshot{s, commit, tree}
	if tree != committed {
		out.name += "+" + tree
	}
	return out, nil
}

// record makes the tree object of a folder whose index begins with entries.
func (s *scratch) record(ctx context.Context, work, all, absent string) (string, error) {
	if _, err := s.git(ctx, work, all, "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	// This keeps git from storing what it finds unchanged. It complains of the rest.
	if _, err := s.git(ctx, work, "", "update-index", "-q", "--refresh"); err != nil && !refused(err) {
		return "", err
	}
	if err := s.checkSize(ctx, work); err != nil {
		return "", err
	}
	if _, err := s.git(ctx, work, "", "-c", "core.compression=0", "-c", "advice.addEmbeddedRepo=false", "add", "--all"); err != nil {
		return "", err
	}
	if absent != "" {
		if _, err := s.git(ctx, work, absent, "update-index", "-z", "--index-info"); err != nil {
			return "", err
		}
	}
	tree, err := s.git(ctx, work, "", "write-tree", "--missing-ok")
	return strings.TrimSpace(tree), err
}

// entries splits what ls-files prints into all entries of the index, those that
// a sparse checkout leaves out of the folder, and the paths of submodules.
func entries(root, listing string) (all, absent string, modules []string) {
	var every, left strings.Builder
	for _, line := range fields(listing) {
		tag, entry, _ := strings.Cut(line, " ")
		every.WriteString(entry + "\x00")
		info, path, _ := strings.Cut(entry, "\t")
		path = filepath.Join(root, path)
		if strings.HasPrefix(info, "160000 ") {
			modules = append(modules, path)
		}
		if strings.EqualFold(tag, "S") {
			if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
				left.WriteString(entry + "\x00")
			}
		}
	}
	return every.String(), left.String(), modules
}

// mostNew bounds what is copied and hashed. More than this are models or
// results, and no sources.
const mostNew = 1 << 30

// checkSize refuses a working tree with too much in it that no commit has.
func (s *scratch) checkSize(ctx context.Context, work string) error {
	out, err := s.git(ctx, work, "", "ls-files", "-z", "--others", "--modified", "--exclude-standard")
	if err != nil {
		return err
	}
	var sum, most int64
	var largest string
	for _, name := range fields(out) {
		info, err := os.Lstat(filepath.Join(work, name))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if sum += info.Size(); info.Size() > most {
			most, largest = info.Size(), name
		}
	}
	if sum > mostNew {
		return fmt.Errorf("new and changed files of %.1f GB, the largest is %s: let git ignore what the build does not need (.gitignore)", float64(sum)/1e9, largest)
	}
	return nil
}

// cleanModules refuses submodules with changes of their own: a tree names a
// commit of a submodule and cannot hold more.
func (r *repository) cleanModules(ctx context.Context, paths []string) error {
	for _, path := range paths {
		if _, err := os.Lstat(filepath.Join(path, ".git")); err != nil {
			continue // it was never fetched; a build says so
		}
		m, err := open(ctx, path, r.environ)
		if err != nil {
			return err
		}
		s, err := m.snapshot(ctx)
		if err != nil {
			return err
		}
		s.close()
		if strings.Contains(s.name, "+") {
			return fmt.Errorf("submodule %s has uncommitted changes, which a build of the repository around it cannot hold: commit them there", path)
		}
	}
	return nil
}
