package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cuda"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/sim"
)

// publicKernel is a kernel of a public project and what it must compute. The
// project's file is read from the folder that METAL_CORPUS names.
type publicKernel struct {
	file                string // below the project's folder
	name, shape         string
	constants           map[int]any
	groups, threadgroup metal.Size
	memory              []int // bytes of the threadgroup arguments
	args                []argument
	within              tolerance
}

// argument is bound inline, to a buffer, or, if empty, to nothing.
type argument struct {
	inline, buffer []byte
	want           []float32 // of an output, rounded to dt
	dt             dtype.DType
}

// tolerance is the largest error that a kernel may have, and why.
type tolerance struct {
	limit  float64
	reason string
}

var exact = tolerance{0, "the inputs have so few bits that a float32 holds every sum, in any order; the output is rounded once"}

// TestKernels runs kernels of public projects, unchanged, on the devices of this
// machine that compile Metal sources, and compares with results computed in Go.
func TestKernels(t *testing.T) {
	dir := os.Getenv("METAL_CORPUS")
	if dir == "" {
		t.Skip("public kernels are not part of this repository: METAL_CORPUS names a folder of projects that have them")
	}
	if _, err := os.ReadDir(dir); err != nil {
		t.Fatalf("METAL_CORPUS: %v", err)
	}
	for _, d := range []struct {
		kind metal.Kind
		open func(context.Context) (metal.Device, error)
	}{
		{metal.Sim, func(ctx context.Context) (metal.Device, error) { return sim.Open(ctx, sim.Options{}) }},
		{metal.CUDA, func(context.Context) (metal.Device, error) { return cuda.Open(cuda.Options{}) }},
	} {
		t.Run(string(d.kind), func(t *testing.T) {
			dev, err := d.open(t.Context())
			if errors.Is(err, metal.ErrUnavailable) {
				t.Skipf("the kernels are run on %s too: %v", d.kind, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			s := sources{ctx: t.Context(), dev: dev, dir: dir, libraries: map[string]metal.Library{}}
			for _, k := range slices.Concat(llamaProducts(), llamaExperts(), llamaAttention(), steelProducts(), mlxQuantized(), mlxGather(), mlxAttention()) {
				t.Run(k.name, func(t *testing.T) { k.run(t, &s) })
			}
		})
	}
}

// sources reads each file once for a device. Look-up compiles with the context
// of the library, which therefore outlives the test of one kernel.
type sources struct {
	ctx       context.Context
	dev       metal.Device
	dir       string
	libraries map[string]metal.Library // by file below a project
}

// find is the path of a file in the first project that has it, or empty.
func (s *sources) find(file string) (string, error) {
	found, err := filepath.Glob(filepath.Join(s.dir, "*", filepath.FromSlash(file)))
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// library reads the file of a project at a path, with includes from its folder
// and the project's.
func (s *sources) library(path, file string) (metal.Library, error) {
	if lib := s.libraries[file]; lib != nil {
		return lib, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	folders := []string{filepath.Dir(path), path[:len(path)-len(file)]}
	lib, err := s.dev.Compile(s.ctx, metal.Source{Name: filepath.Base(path), Text: string(text), Folders: folders})
	if err == nil {
		s.libraries[file] = lib
	}
	return lib, err
}

func (k publicKernel) run(t *testing.T, s *sources) {
	path, err := s.find(k.file)
	if err != nil {
		t.Fatal(err)
	}
	if path == "" {
		t.Skipf("no project in %s has %s", s.dir, k.file)
	}
	lib, err := s.library(path, k.file)
	if err != nil {
		t.Fatal(err)
	}
	got, want, err := k.compute(t.Context(), s.dev, lib)
	if err != nil {
		t.Fatal(err)
	}
	worst := worstError(got, want)
	t.Logf("%s: worst error %.2g, at most %.2g is right: %s", k.shape, worst, k.within.limit, k.within.reason)
	if !(worst <= k.within.limit) {
		t.Errorf("%s is wrong", k.name)
	}
}

// compute runs the kernel once and returns its output with what was wanted.
func (k publicKernel) compute(ctx context.Context, dev metal.Device, lib metal.Library) (got, want []float32, err error) {
	kernel, err := lib.Kernel(k.name, k.constants)
	if err != nil {
		return nil, nil, err
	}
	g, th := k.groups, k.threadgroup
	d := metal.Dispatch{Kernel: kernel, Grid: metal.Size{X: g.X * th.X, Y: g.Y * th.Y, Z: g.Z * th.Z}, Threadgroup: th, ThreadgroupMemory: k.memory}
	output := -1
	for i, a := range k.args {
		arg := metal.Arg{Bytes: a.inline}
		if a.buffer != nil {
			if arg.Buffer, err = dev.NewBuffer(len(a.buffer)); err != nil {
				return nil, nil, err
			}
			defer arg.Buffer.Release()
			if err := arg.Buffer.Write(0, a.buffer); err != nil {
				return nil, nil, err
			}
		}
		if a.want != nil {
			output = i
		}
		d.Args = append(d.Args, arg)
	}
	p, err := dev.Record([]metal.Dispatch{d})
	if err != nil {
		return nil, nil, err
	}
	defer p.Release()
	if _, err := p.Run(ctx, 1); err != nil {
		return nil, nil, err
	}
	a := k.args[output]
	b := make([]byte, len(a.buffer))
	if err := d.Args[output].Buffer.Read(0, b); err != nil {
		return nil, nil, err
	}
	got, err = a.dt.Floats(b)
	return got, a.want, err
}

// worstError is relative to what is wanted, or to the root of the mean square
// of all that is wanted where that is larger. It is NaN if a result is.
func worstError(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	squares := 0.0
	for _, w := range want {
		squares += float64(w) * float64(w)
	}
	typical, worst := math.Sqrt(squares/float64(len(want))), 0.0
	for i, w := range want {
		e := math.Abs(float64(got[i])-float64(w)) / max(typical, math.Abs(float64(w)))
		if math.IsNaN(e) {
			return e
		}
		worst = max(worst, e)
	}
	return worst
}

func TestWorstError(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name      string
		got, want []float32
		worst     float64
	}{
		{"equal", []float32{1, -2}, []float32{1, -2}, 0},
		{"relative to a large one", []float32{1, -1, 1, 13}, []float32{1, -1, 1, 10}, 0.3},
		{"relative to the typical one", []float32{3, -4, 0.5}, []float32{3, -4, 0}, 0.5 / math.Sqrt(25./3)},
		{"NaN", []float32{nan, 1}, []float32{1, 1}, math.NaN()},
		{"too few", []float32{1}, []float32{1, 1}, math.Inf(1)},
	} {
		if got := worstError(c.got, c.want); fmt.Sprintf("%.6g", got) != fmt.Sprintf("%.6g", c.worst) {
			t.Errorf("%s: worst error is %v, want %v", c.name, got, c.worst)
		}
	}
}
