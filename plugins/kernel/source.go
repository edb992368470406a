package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/agext/levenshtein"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/regular"
)

// text is a source that was read.
type text struct {
	src     metal.Source
	flat    string // with what it includes; empty of a compiled library
	kernels signatures
}

// signatures are the kernels of a source as it declares them: of a text that
// package msl reads, or of a compiled library.
type signatures interface {
	Names() []string // sorted
	Kernel(name string) (*msl.Kernel, bool)
	// functionConstants are those that may be given to a kernel.
	functionConstants(k *msl.Kernel) []msl.FunctionConstant
	// Missing are those without a value that the kernel needs.
	Missing(k *msl.Kernel, constants map[int]any) []msl.FunctionConstant
	// Check says why the kernel cannot be used.
	Check(k *msl.Kernel, constants map[int]any) error
}

type unit struct{ *msl.Unit }

func (u unit) functionConstants(*msl.Kernel) []msl.FunctionConstant { return u.Constants }

// mostSource bounds a file that is read as a source, as msl does.
const mostSource = 8 << 20

// parsed keeps what was read, since an experiment has many configurations of few
// files.
type parsed struct {
	mu    sync.Mutex
	units map[string]*text
}

// file reads a source file.
func (p *parsed) file(path string, include []string, defines map[string]string) (*text, error) {
	if compiled(path) {
		return p.library(path)
	}
	raw, err := readSource(path)
	if err != nil {
		return nil, err
	}
	folders := append([]string{filepath.Dir(path)}, include...)
	return p.read(metal.Source{Name: short(path), Text: raw, Defines: defines, Folders: folders})
}

func readSource(path string) (string, error) {
	if isLibrary(path) {
		return "", fmt.Errorf("%s is a compiled Metal library: call it NAME.metallib", short(path))
	}
	raw, err := regular.Read(path, mostSource)
	if errors.Is(err, regular.ErrIrregular) || errors.Is(err, regular.ErrTooLarge) {
		err = fmt.Errorf("%s is not a source: name a regular file of at most 8 MiB", short(path))
	}
	return string(raw), err
}

func (p *parsed) read(src metal.Source) (*text, error) {
	flat, err := src.Flat()
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(flat.Name, "\x00", flat.Defines, "\x00", flat.Text)
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.units[key]; t != nil {
		return t, nil
	}
	u, err := msl.Parse(flat.Name, flat.Text, flat.Defines)
	if err != nil {
		return nil, err
	}
	return p.keep(key, &text{src: src, flat: flat.Text, kernels: unit{u}}), nil
}

func (p *parsed) keep(key string, t *text) *text {
	if p.units == nil {
		p.units = map[string]*text{}
	}
	p.units[key] = t
	return t
}

// short is a path as a person would write it here.
func short(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

// choose finds the kernel of a source: the one of the name, or the only one. Of
// several, like is taken where the name is left out.
func (t *text) choose(name *string, like string) (*msl.Kernel, error) {
	names := t.kernels.Names()
	if name != nil {
		if k, ok := t.kernels.Kernel(*name); ok {
			return k, nil
		}
		switch len(names) {
		case 0:
			return nil, t.without()
		case 1:
			return nil, fmt.Errorf("%s has 1 kernel, not %s: write kernel = %q beside source = %q", t.src.Name, *name, names[0], t.src.Name)
		}
		if best := nearest(*name, names); best != "" && len(names) > mostListed { // which none of the listed may be
			return nil, fmt.Errorf("%s has %d kernels: did you mean %q?", t.src.Name, len(names), best)
		}
		return nil, fmt.Errorf("%s has %s%s", t.src.Name, listed(names, "kernel"), unstopped(didYouMean(*name, names)))
	}
	if k, ok := t.kernels.Kernel(like); ok {
		return k, nil
	}
	switch len(names) {
	case 1:
		k, _ := t.kernels.Kernel(names[0])
		return k, nil
	case 0:
		return nil, t.without()
	}
	return nil, fmt.Errorf("%s has %s: write kernel = %q", t.src.Name, listed(names, "kernel"), names[0])
}

// mostListed names are listed.
const mostListed = 8

// listed is "3 kernels: a, b, c", shortened.
func listed(names []string, what string) string {
	n := fmt.Sprintf("%d %ss", len(names), what)
	switch {
	case len(names) == 0:
		return "no " + what
	case len(names) == 1:
		n = "1 " + what
	case len(names) > mostListed:
		return n + ", such as " + strings.Join(names[:mostListed], ", ")
	}
	return n + ": " + strings.Join(names, ", ")
}

func thereIs(names []string, what string) string {
	if len(names) > 1 {
		return "There are " + listed(names, what)
	}
	return "There is " + listed(names, what)
}

// didYouMean ends a sentence that says which names there are.
func didYouMean(name string, known []string) string {
	if best := nearest(name, known); best != "" {
		return fmt.Sprintf(". Did you mean %q?", best)
	}
	return "."
}

// unstopped is a sentence in an error, and stopped one of an error.
func unstopped(text string) string { return strings.TrimSuffix(text, ".") }

func stopped(err error) string {
	if text := err.Error(); strings.HasSuffix(text, "?") {
		return text
	}
	return err.Error() + "."
}

// nearest is the name that differs least, if it differs little.
func nearest(name string, known []string) string {
	best, least := "", min(max(2, len(name)/3), len(name)-1)+1
	for _, k := range known {
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(k), nil); d < least {
			best, least = k, d
		}
	}
	return best
}

// place is where an argument is declared, and how.
func place(a msl.Arg) string {
	mark := "*"
	if a.Reference {
		mark = "&"
	}
	at := declaredAt(a.File, a.Line)
	if a.Line > 0 {
		at += ":" + strconv.Itoa(a.Col)
	}
	return fmt.Sprintf("%s declares %s %s %s%s [[%s(%d)]]", at, a.Space, declaredType(a), mark, a.Name, a.Attr, a.Index)
}

// declaredAt is where something is declared. A compiled library has no lines.
func declaredAt(file string, line int) string {
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

// declaredType keeps const, which says that the kernel does not write.
func declaredType(a msl.Arg) string {
	t := plainType(a.Type)
	if a.Constant && a.Space == msl.Device {
		return "const " + t
	}
	return t
}
