package devicetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devicetest/golden"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// T is what the suite needs of a *testing.T.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Options narrow a run. Empty lists mean everything.
type Options struct {
	DTypes       []dtype.DType
	Modes        []quant.Mode
	Bits, Groups []int  // of mode affine; the others have one of each
	Seed         uint64 // of the random shapes and values
}

// Report counts what was done.
type Report struct {
	Golden      int // golden tensors that a result was compared with
	Comparisons int // of a result with a golden tensor: fused and unfused paths share some
	Random      int // results on random shapes compared with package reference
	Contract    int // wrong uses that were refused in the words of all devices
	Failures    int
}

func (r Report) String() string {
	return fmt.Sprintf("compared with %d golden tensors (%d comparisons) and, on random shapes, with %d reference results; refused %d wrong uses: %d failures",
		r.Golden, r.Comparisons, r.Random, r.Contract, r.Failures)
}

// Run puts a device through the suite. It says in the log what it compared,
// and reports an error if that was nothing.
func Run(ctx context.Context, t T, dev metal.Device, o Options) Report {
	t.Helper()
	if len(o.DTypes) == 0 {
		o.DTypes = dtype.All()
	}
	if len(o.Modes) == 0 {
		o.Modes = quant.Modes()
	}
	if len(o.Bits) == 0 {
		o.Bits = quant.Affine.Bits()
	}
	if len(o.Groups) == 0 {
		o.Groups = quant.Affine.Groups()
	}
	set, err := kernels.Load(ctx, dev)
	if err != nil {
		t.Errorf("%v", err)
		return Report{Failures: 1}
	}
	s := &suite{ctx: ctx, t: t, dev: dev, set: set, o: o, files: map[string]*golden.File{}, seen: map[string]bool{}}
	before := dev.Memory().Current
	for _, group := range []func(*suite){
		goldenMatmul, goldenGather, goldenModes, goldenBlock, goldenDequantize, goldenGating, goldenLayer,
		randomOps, randomPrefill, randomCombine, randomProgressive, randomGating, randomCache, properties, contract,
	} {
		if ctx.Err() != nil || s.lost {
			break
		}
		group(s)
	}
	if err := ctx.Err(); err != nil {
		s.fail("suite", err)
	}
	if after := dev.Memory().Current; after != before {
		s.fail("memory", fmt.Errorf("%d bytes before the suite, %d after every buffer was released", before, after))
	}
	if s.report.Golden == 0 || s.report.Random == 0 {
		s.fail("suite", errors.New("nothing was compared"))
	}
	t.Logf("%s %s: %s", dev.Info().Kind, dev.Info().Name, s.report)
	return s.report
}

type suite struct {
	ctx    context.Context
	t      T
	dev    metal.Device
	set    *kernels.Set
	o      Options
	files  map[string]*golden.File
	seen   map[string]bool // golden tensors compared with
	report Report
	lost   bool // the device no longer answers
}

// mostFailures are printed one by one; a broken kernel fails hundreds of times.
const mostFailures = 40

func (s *suite) fail(name string, err error) {
	s.t.Helper()
	s.report.Failures++
	s.lost = s.lost || errors.Is(err, metal.ErrLost) || errors.Is(err, metal.ErrTimeout)
	switch {
	case s.report.Failures < mostFailures:
		s.t.Errorf("%s: %s: %v", s.dev.Info().Kind, name, err)
	case s.report.Failures == mostFailures:
		s.t.Errorf("%s: %s: %v (further failures are only counted)", s.dev.Info().Kind, name, err)
	}
}

// count notes a comparison with a golden tensor.
func (s *suite) count(f *golden.File, name string) {
	s.report.Comparisons++
	if key := f.Name + " " + name; !s.seen[key] {
		s.seen[key] = true
		s.report.Golden++
	}
}

// has says whether the options include a format.
func (s *suite) has(f quant.Format) bool {
	return slices.Contains(s.o.DTypes, f.DType) && slices.Contains(s.o.Modes, f.Mode) &&
		(f.Mode != quant.Affine || slices.Contains(s.o.Bits, f.Bits) && slices.Contains(s.o.Groups, f.Group))
}

// formats calls f for every included combination.
func (s *suite) formats(f func(quant.Format)) {
	for _, format := range quant.Formats() {
		if s.has(format) {
			f(format)
		}
	}
}

// check runs one check with a fresh scope and reports its first fault.
func (s *suite) check(name string, f func(*scope)) {
	if s.lost {
		return
	}
	c := &scope{s: s, name: name}
	f(c)
	c.release()
	if c.err != nil {
		s.fail(name, c.err)
	}
}
