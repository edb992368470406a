package session

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/record"
)

// files are those that an experiment's configurations name, as its document lists
// them: each once.
type files struct {
	list     []record.NamedFile
	complete bool // the document has begun: what it does not list is not added
	identify func(path string) record.NamedFile
}

// filesOf are the files of a document, nil where it has not begun.
func (s *Session) filesOf(d *record.Result) *files {
	f := &files{identify: s.files.File}
	if d != nil {
		f.list, f.complete = d.Files, true
	}
	return f
}

// of gives the indexes of the files that a variant names, and adds new ones.
func (f *files) of(v *config.Variant, environ []string) []int {
	var out []int
	for _, path := range namedBy(v, environ) {
		i := slices.IndexFunc(f.list, func(n record.NamedFile) bool { return n.Path == path })
		if i < 0 && f.complete {
			continue
		}
		if i < 0 {
			i = len(f.list)
			f.list = append(f.list, f.identify(path))
		}
		if !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// namedBy lists absolute paths: the path arguments of a configuration, and of the
// commands that its plugin starts the program and every other element that is a
// file.
func namedBy(v *config.Variant, environ []string) []string {
	var out []string
	for _, p := range v.Paths() {
		out = append(out, p.Path)
	}
	for _, c := range v.Starts {
		for i, element := range c.Argv {
			path := ""
			switch {
			case i == 0 && !strings.Contains(element, "/"):
				path = lookUp(element, environ)
			default:
				path = regular(element, c.Folder)
			}
			if path != "" {
				out = append(out, path)
			}
		}
	}
	return out
}

// regular is the absolute path of a file, "" if there is none.
func regular(element, folder string) string {
	if element == "" || strings.ContainsRune(element, 0) {
		return ""
	}
	if !filepath.IsAbs(element) {
		element = filepath.Join(folder, element)
	}
	path, err := filepath.Abs(element)
	if err != nil {
		return ""
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return path
}

// lookUp finds a program in the PATH of an environment, "" if it is not there.
func lookUp(name string, environ []string) string {
	search := ""
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, "PATH="); ok {
			search = value
		}
	}
	for _, folder := range filepath.SplitList(search) {
		if !filepath.IsAbs(folder) {
			continue
		}
		path := regular(name, folder)
		if path == "" {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// changes lists how files of a document differ that must not change: those of
// some variants, or all.
func (s *Session) changes(d *record.Result, of []record.Variant) []string {
	var out []string
	for i, f := range d.Files {
		named := func(v record.Variant) bool { return slices.Contains(v.Files, i) }
		if !d.Holds(i) || of != nil && !slices.ContainsFunc(of, named) {
			continue
		}
		if change := f.Change(s.files.File(f.Path)); change != "" {
			out = append(out, f.Path+whose(d, named)+": "+change)
		}
	}
	return out
}

// whose names the variants of all cases that are meant.
func whose(d *record.Result, is func(record.Variant) bool) string {
	var names []string
	for i := range d.Cases {
		for _, v := range d.Cases[i].Variants {
			if name := fmt.Sprintf("%q", v.Name); v.Role != record.RoleControl && is(v) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if names == nil {
		return ""
	}
	return " of " + strings.Join(names, ", ")
}

// written lists the files of a variant that are not as they were.
func written(was, now []record.NamedFile, of []int) (out []int) {
	for k, i := range of {
		if now[k] != was[k] {
			out = append(out, i)
		}
	}
	return out
}

// stand is how the files of a variant are now.
func (r *runner) stand(v *record.Variant) []record.NamedFile {
	var out []record.NamedFile
	for _, i := range v.Files {
		out = append(out, r.s.files.File(r.doc.Files[i].Path))
	}
	return out
}
