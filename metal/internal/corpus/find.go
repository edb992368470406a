package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/mlxkernel"
)

// root is a Metal file that no other file of its project includes, or the body of
// a kernel.
type root struct {
	Project string
	File    string   // path below the project's folder, with forward slashes
	Top     string   // the project's folder on this machine
	Path    string   // the file on this machine
	Folders []string // where its includes are looked for
	Reached []string // the files that it includes, however indirectly
}

// source is what the devices compile. The signature of a body is made as MLX does.
func (r root) source() (metal.Source, error) {
	src := metal.Source{Name: r.File, Folders: r.Folders}
	if !isBody(r.Path) {
		text, err := os.ReadFile(r.Path)
		src.Text = string(text)
		return src, err
	}
	b, err := readBody(r.Path)
	if err != nil {
		return src, fmt.Errorf("%s: %w", r.File, err)
	}
	src.Text = b.Text(r.File)
	return src, nil
}

func isBody(path string) bool { return strings.HasSuffix(path, mlxkernel.Extension) }

func readBody(path string) (b mlxkernel.Body, err error) {
	in, err := os.Open(path)
	if err != nil {
		return b, err
	}
	defer in.Close()
	return mlxkernel.Read(in)
}

// roots lists the Metal files and bodies of the projects in dir, sorted.
func roots(dir string) ([]root, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []root
	for _, e := range entries {
		top, err := filepath.EvalSymlinks(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if info, err := os.Stat(top); err != nil || !info.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		rs, err := projectRoots(e.Name(), top)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		all = append(all, rs...)
	}
	return all, nil
}

var quotedInclude = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*(?:include|import)[ \t]*"([^"\n]+)"`)

func projectRoots(name, top string) ([]root, error) {
	files := map[string][]string{} // by base name, what an include may mean
	var metals []string
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != top {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		switch ext := filepath.Ext(path); {
		case isBody(path), ext == ".metal":
			metals = append(metals, path)
			fallthrough
		case ext == ".h", ext == ".hpp", ext == ".inc":
			files[d.Name()] = append(files[d.Name()], path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	included := map[string]bool{}
	found := map[string]root{}
	for _, m := range metals {
		reached, from := includes(m, top, files)
		found[m] = root{Folders: from, Reached: reached}
		for _, f := range reached {
			included[f] = true
		}
	}
	var rs []root
	for _, m := range metals {
		if included[m] {
			continue
		}
		file, err := filepath.Rel(top, m)
		if err != nil {
			return nil, err
		}
		rs = append(rs, root{Project: name, File: filepath.ToSlash(file), Top: top, Path: m, Folders: found[m].Folders, Reached: found[m].Reached})
	}
	return rs, nil
}

// includes follows the quoted includes of a file: the files they reach, and the
// folders that they are found from, the file's and the project's first. Where several folders
// would do, the one nearest to the file that includes is taken.
func includes(file, top string, files map[string][]string) (reached, folders []string) {
	folders = []string{filepath.Dir(file), top}
	seen := map[string]bool{file: true}
	for queue := []string{file}; len(queue) > 0; queue = queue[1:] {
		text, err := os.ReadFile(queue[0])
		if err != nil {
			continue // and the reader says so
		}
		for _, m := range quotedInclude.FindAllStringSubmatch(string(text), -1) {
			found, folder := resolve(m[1], queue[0], folders, files)
			if found == "" {
				continue
			}
			if folder != "" && !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
			if !seen[found] {
				seen[found] = true
				reached = append(reached, found)
				queue = append(queue, found)
			}
		}
	}
	return reached, folders
}

// resolve finds what an include in a file means: beside it, from a known folder,
// or from a folder that is not known yet.
func resolve(name, from string, known []string, files map[string][]string) (found, folder string) {
	for _, dir := range append([]string{filepath.Dir(from)}, known...) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if slices.Contains(files[filepath.Base(path)], path) {
			return path, ""
		}
	}
	suffix := "/" + strings.TrimPrefix(name, "./")
	best := -1
	for _, path := range files[filepath.Base(name)] {
		if slashed := filepath.ToSlash(path); strings.HasSuffix(slashed, suffix) {
			if n := shared(path, from); n > best {
				best, found, folder = n, path, filepath.FromSlash(strings.TrimSuffix(slashed, suffix))
			}
		}
	}
	return found, folder
}

// shared counts the bytes that two paths begin with alike.
func shared(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// projects lists the projects of roots in order.
func projects(rs []root) []string {
	var names []string
	for _, r := range rs {
		if !slices.Contains(names, r.Project) {
			names = append(names, r.Project)
		}
	}
	return names
}
