package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/metal/regular"
)

// Options are what a run adds to the files.
type Options struct {
	Vars       map[string]string   // -var name=value, the value as typed
	VarFiles   []string            // -var-file flags; a later file overrides an earlier one
	Env        func(string) string // looks up ASSAY_VAR_name; nil: no environment
	AllowFiles []string            // folders besides the configuration's in which file() reads
	NoValues   bool                // variables need no value: only what hangs on none is wanted
	Version    string              // this Assay's version, held against required_version; "": not checked

	ownValues []string // files of values that are the folder's own, the last over the others
}

// MaxFileBytes is the most that a file of a configuration may have.
const MaxFileBytes = 1 << 20

// input is one file before parsing.
type input struct {
	name string // as diagnostics show it
	src  []byte
}

// Load reads a configuration: all *.hcl and *.hcl.json files of a folder, or
// the files named. Lock files (*.lock.hcl), files of values (*.vars.hcl,
// *.vars.hcl.json) and hidden files of a folder are left out. Values of the
// folder's own files (assay.vars.hcl, *.auto.vars.hcl) come before opts.VarFiles. The module is never nil; a module
// with errors may still be resolved, to find the faults of the experiments.
func Load(paths []string, opts Options) (*Module, hcl.Diagnostics) {
	var inputs []input
	var values []string
	var diags hcl.Diagnostics
	dir := "."
	siblings := 0
	for i, path := range paths {
		path = relative(path)
		files, own, folder, err := expand(path)
		values = append(values, own...)
		if err != nil {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Cannot read the configuration", Detail: err.Error(),
				Subject: &hcl.Range{Filename: path, Start: hcl.InitialPos, End: hcl.InitialPos},
			})
			continue
		}
		if i == 0 {
			dir = folder
		}
		if others, _, _, err := expand(folder); err == nil && folder != path {
			siblings += len(others) - len(files)
		}
		for _, name := range files {
			if slices.ContainsFunc(inputs, func(in input) bool { return in.name == name }) {
				continue
			}
			src, fault := readSource(name)
			if fault != nil {
				diags = append(diags, fault)
				continue
			}
			inputs = append(inputs, input{name, src})
		}
	}
	slices.SortStableFunc(inputs, func(a, b input) int { return strings.Compare(a.name, b.name) })
	opts.ownValues = values
	m, more := load(dir, inputs, opts)
	if len(paths) == 1 {
		m.unread = siblings
	}
	if diags.HasErrors() {
		m.broken = true
	}
	return m, append(diags, more...)
}

// relative writes a path below the working folder as people do.
func relative(path string) string {
	if !filepath.IsAbs(path) {
		return path
	}
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// expand lists the configuration files that path stands for, the files of values
// that are a folder's own, and the folder that path.module is.
func expand(path string) (files, values []string, folder string, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, "", fmt.Errorf("there is no file or folder %s; name a folder of *.hcl files or one such file", path)
	}
	if err != nil {
		return nil, nil, "", fmt.Errorf("%s: %w", path, err)
	}
	if !info.IsDir() {
		if !isConfig(path) {
			return nil, nil, "", fmt.Errorf("%s is not a configuration: its name must end in .hcl or .hcl.json", path)
		}
		return []string{path}, nil, filepath.Dir(path), nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, nil, "", fmt.Errorf("%s: %w", path, err)
	}
	var auto []string
	for _, e := range entries { // by name
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || !isConfig(name) || strings.HasSuffix(name, ".lock.hcl") {
			continue
		}
		switch stem, of := strings.CutSuffix(strings.TrimSuffix(name, ".json"), ".vars.hcl"); {
		case !of:
			files = append(files, filepath.Join(path, name))
		case stem == "assay":
			values = append(values, filepath.Join(path, name))
		case strings.HasSuffix(stem, ".auto"):
			auto = append(auto, filepath.Join(path, name))
		}
	}
	if len(files) == 0 {
		return nil, nil, "", fmt.Errorf("%s holds no *.hcl or *.hcl.json file%s; write an experiment there, or name another folder", path, seen(entries))
	}
	return files, slices.Concat(values, auto), path, nil
}

// seen names what is in a folder instead.
func seen(entries []fs.DirEntry) string {
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return ""
	}
	const most = 3
	more := ""
	if len(names) > most {
		names, more = names[:most], fmt.Sprintf(" and %d more", len(names)-most)
	}
	return fmt.Sprintf(" (it has %s%s)", strings.Join(names, ", "), more)
}

func isConfig(name string) bool {
	return strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".hcl.json")
}

// readSource reads a regular file of at most MaxFileBytes.
func readSource(name string) ([]byte, *hcl.Diagnostic) {
	fault := func(detail string) *hcl.Diagnostic {
		return &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Cannot read the file", Detail: detail,
			Subject: &hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos},
		}
	}
	src, err := regular.Read(name, MaxFileBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault(fmt.Sprintf("There is no file %s; its path is relative to the working folder.", name))
	case errors.Is(err, regular.ErrIrregular):
		return nil, fault(name + " is not a regular file.")
	case errors.Is(err, regular.ErrTooLarge):
		return nil, fault(fmt.Sprintf("%s is larger than %d bytes, the most that a configuration file may have.", name, MaxFileBytes))
	case err != nil:
		return nil, fault(err.Error())
	}
	return src, nil
}
