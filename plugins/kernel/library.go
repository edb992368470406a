package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/metallib"
	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/regular"
)

// compiled says that a source is a library that Apple's compiler made.
func compiled(path string) bool { return strings.EqualFold(filepath.Ext(path), ".metallib") }

// isLibrary says that a file of another name is one.
func isLibrary(path string) bool {
	f, _, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, len(metallib.Magic))
	_, err = io.ReadFull(f, magic)
	return err == nil && string(magic) == metallib.Magic
}

// library is a compiled library as signatures. Its file stays open, as what is
// parsed is kept.
type library struct {
	*metallib.Library
	names []string // sorted
	mu    sync.Mutex
	found map[string]*signature
}

// signature is a kernel's, or why it cannot be used.
type signature struct {
	kernel    *msl.Kernel
	constants []msl.FunctionConstant
	err       error
}

// library opens a compiled library, or finds it among those that are open.
func (p *parsed) library(path string) (*text, error) {
	l, err := metallib.Open(path)
	if err != nil {
		return nil, err
	}
	key := path + "\x00" + l.Digest()
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.units[key]; t != nil {
		return t, l.Close()
	}
	names := l.Names()
	slices.Sort(names)
	return p.keep(key, &text{
		src:     metal.Source{Name: short(path), Library: path},
		kernels: &library{Library: l, names: names, found: map[string]*signature{}},
	}), nil
}

func (l *library) Names() []string { return l.names }

// Kernel reads a signature. A kernel that cannot be used is found, and refused by
// Check, as those of a text are.
func (l *library) Kernel(name string) (*msl.Kernel, bool) {
	if _, ok := slices.BinarySearch(l.names, name); !ok {
		return nil, false
	}
	return l.signature(name).kernel, true
}

func (l *library) signature(name string) *signature {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.found[name] == nil {
		l.found[name] = l.read(name)
	}
	return l.found[name]
}

func (l *library) read(name string) *signature {
	f, err := l.Function(name)
	if err == nil {
		var s *metallib.Signature
		if s, err = f.Signature(); err == nil {
			return &signature{kernel: &s.Kernel, constants: s.Constants}
		}
	}
	return &signature{kernel: &msl.Kernel{Name: name}, err: err}
}

func (l *library) Check(k *msl.Kernel, _ map[int]any) error { return l.signature(k.Name).err }

func (l *library) functionConstants(k *msl.Kernel) []msl.FunctionConstant {
	return l.signature(k.Name).constants
}

// Missing are the kernel's constants without a value: the compiler kept those that
// it uses.
func (l *library) Missing(k *msl.Kernel, constants map[int]any) (out []msl.FunctionConstant) {
	for _, c := range l.functionConstants(k) {
		if _, ok := constants[c.Index]; !ok {
			out = append(out, c)
		}
	}
	return out
}

// onlyText faults what belongs to a text.
func (r *reader) onlyText(at, path string, t Text) {
	block := strings.TrimSuffix(at, "source")
	for _, a := range []struct {
		name  string
		given bool
	}{{"include", t.Include != nil}, {"defines", t.Defines != nil}} {
		if a.given {
			r.fault(block+a.name, "compiled", a.name+" belongs to a text", "%s is compiled. Delete %s, or move it into the config of the variants whose source is a text.", short(path), a.name)
		}
	}
}
