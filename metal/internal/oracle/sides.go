package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/metallib"
	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/sim"
)

// sides compile and run a kernel twice: as Apple's compiler compiled it, and from
// source as we read it. Both run on one simulator.
type sides struct {
	w       *wheel
	dev     metal.Device
	library *metallib.Library
	apple   metal.Library
}

func openSides(ctx context.Context, w *wheel) (*sides, error) {
	library, err := metallib.Open(w.library)
	if err != nil {
		return nil, err
	}
	dev, err := sim.Open(ctx, sim.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	s := &sides{w: w, dev: dev, library: library}
	if s.apple, err = dev.Compile(ctx, metal.Source{Name: filepath.Base(w.library), Library: w.library}); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *sides) close() {
	_ = s.dev.Close()
	_ = s.library.Close()
}

// compare runs one plan on both sides.
func (s *sides) compare(ctx context.Context, p *plan) outcome {
	o := outcome{family: p.family, kernel: p.kernel}
	theirs, code, err := s.theirs(p.kernel)
	if err != nil {
		o.failed = "Apple's side: " + err.Error()
		return o
	}
	o.assumed = named(p.kernel, code)
	ours, err := s.ours(p)
	if err != nil {
		o.failed = "our side: " + s.short(err)
		return o
	}
	o.arguments = arguments(theirs, ours)
	apple, wrong := s.run(ctx, p, s.apple, theirs)
	var after map[string][]byte
	library, err := s.dev.Compile(ctx, s.source(p))
	if err == nil {
		after, err = s.run(ctx, p, library, ours)
	}
	switch {
	case err != nil && wrong != nil && rule(err) != "" && rule(err) == rule(wrong):
		o.neither = s.short(err)
	case wrong != nil:
		o.failed = "Apple's side: " + s.short(wrong)
	case err != nil:
		o.failed = "our side: " + s.short(err)
	default:
		o.compare(p, apple, after, causes)
	}
	return o
}

// rule is the limit or rule of Metal that a kernel breaks by an error, or empty. MLX
// has kernels that it does not launch, and some that GPUs run nevertheless.
func rule(err error) string {
	for _, text := range []string{"barrier is not reached by all threads", "bytes of threadgroup memory"} {
		if strings.Contains(err.Error(), text) {
			return text
		}
	}
	return ""
}

// short is an error with the headers' folder left out.
func (s *sides) short(err error) string {
	return strings.ReplaceAll(err.Error(), filepath.ToSlash(s.w.include)+"/", "")
}

// theirs are a kernel's arguments as its metadata has them, and its code.
func (s *sides) theirs(name string) (*msl.Kernel, []byte, error) {
	f, err := s.library.Function(name)
	if err != nil {
		return nil, nil, err
	}
	k, err := f.Kernel()
	return k, f.Bitcode, err
}

func (s *sides) source(p *plan) metal.Source {
	folders := []string{s.w.include}
	if s.w.sources != "" {
		folders = append(folders, s.w.sources)
	}
	return metal.Source{Name: p.kernel + ".metal", Text: p.source(), Folders: folders}
}

// ours are the kernel's arguments as we read the source.
func (s *sides) ours(p *plan) (*msl.Kernel, error) {
	flat, err := s.source(p).Flat()
	if err != nil {
		return nil, err
	}
	unit, err := msl.Parse(flat.Name, flat.Text, flat.Defines)
	if err != nil {
		return nil, err
	}
	k, ok := unit.Kernel(p.kernel)
	if !ok {
		return nil, fmt.Errorf("the source has no kernel %s", p.kernel)
	}
	return k, nil
}

func (s *sides) run(ctx context.Context, p *plan, library metal.Library, k *msl.Kernel) (map[string][]byte, error) {
	kernel, err := library.Kernel(p.kernel, p.constants)
	if err != nil {
		return nil, err
	}
	return p.runKernel(ctx, s.dev, kernel, k.Args)
}

// arguments says where the arguments of the two sides differ: which there are, where
// they are bound, in which address space, whether they are written, and what a
// function constant leaves out.
func arguments(apple, ours *msl.Kernel) []string {
	var out []string
	describe := func(k *msl.Kernel) map[string]string {
		m := map[string]string{}
		for _, a := range k.Args {
			if a.Space == msl.Builtin {
				m["["+a.Attr+"]"] = "a position"
				continue
			}
			text := fmt.Sprintf("%s data at %s(%d)", a.Space, a.Attr, a.Index)
			if a.Constant {
				text += ", read only"
			}
			if a.Enabled != "" {
				text += ", optional"
			}
			m[a.Name] = text
		}
		return m
	}
	theirs, mine := describe(apple), describe(ours)
	for name, text := range theirs {
		if mine[name] != text {
			out = append(out, fmt.Sprintf("argument %s: Apple's metadata has %s, and we read %q", name, text, mine[name]))
		}
	}
	for name, text := range mine {
		if _, ok := theirs[name]; !ok {
			out = append(out, fmt.Sprintf("argument %s: we read %s, and Apple's metadata has none", name, text))
		}
	}
	slices.Sort(out)
	return out
}
