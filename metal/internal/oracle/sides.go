package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
		return nil, errors.Join(err, library.Close())
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
	o.arguments = differ(theirs, ours)
	apple, wrong := s.run(ctx, p, s.apple, theirs.kernel)
	var after map[string][]byte
	library, err := s.dev.Compile(ctx, s.source(p))
	if err == nil {
		after, err = s.run(ctx, p, library, ours.kernel)
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

// signature is what a side says of a kernel before it runs.
type signature struct {
	kernel    *msl.Kernel
	constants []msl.FunctionConstant
}

// theirs is a kernel's signature as its metadata has it, and its code.
func (s *sides) theirs(name string) (signature, []byte, error) {
	f, err := s.library.Function(name)
	if err != nil {
		return signature{}, nil, err
	}
	read, err := f.Signature()
	if err != nil {
		return signature{}, nil, err
	}
	return signature{&read.Kernel, read.Constants}, f.Bitcode, nil
}

func (s *sides) source(p *plan) metal.Source {
	folders := []string{s.w.include}
	if s.w.sources != "" {
		folders = append(folders, s.w.sources)
	}
	return metal.Source{Name: p.kernel + ".metal", Text: p.source(), Folders: folders}
}

// ours is the kernel's signature as we read the source.
func (s *sides) ours(p *plan) (signature, error) {
	flat, err := s.source(p).Flat()
	if err != nil {
		return signature{}, err
	}
	unit, err := msl.Parse(flat.Name, flat.Text, flat.Defines)
	if err != nil {
		return signature{}, err
	}
	k, ok := unit.Kernel(p.kernel)
	if !ok {
		return signature{}, fmt.Errorf("the source has no kernel %s", p.kernel)
	}
	return signature{k, unit.Constants}, nil
}

func (s *sides) run(ctx context.Context, p *plan, library metal.Library, k *msl.Kernel) (map[string][]byte, error) {
	kernel, err := library.Kernel(p.kernel, p.constants)
	if err != nil {
		return nil, err
	}
	return p.runKernel(ctx, s.dev, kernel, k.Args)
}
