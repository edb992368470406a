package devicetest

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

// contract: misuse is refused before anything runs, with an error of the same
// class and text on every kind of device.
func contract(s *suite) {
	s.check("contract: dispatches", wrongDispatches)
	s.check("contract: programs", wrongPrograms)
	s.check("contract: buffers", wrongBuffers)
	s.check("contract: kernels", func(c *scope) {
		_, err := s.set.Kernel("no_such_op_f32")
		c.refused("an unknown kernel", err, metal.ErrNoKernel, "no_such_op_f32")
		_, err = s.dev.Compile(s.ctx, metal.Source{Library: "a.metallib", Text: "kernel void k() {}"})
		c.refused("text beside a library", err, nil, "a.metallib: a compiled library has no text, macros or files to include")
	})
}

// addition is a dispatch of add without fault, and its kernel.
func addition(c *scope) metal.Dispatch {
	const n = 4
	dt := c.s.o.DTypes[0]
	d, err := c.s.set.Add(kernels.Add{A: c.up(dt, make([]float32, n)), B: c.up(dt, make([]float32, n)), Y: c.out(dt.Size(), n).arg, N: n, DType: dt})
	if err != nil || c.err != nil {
		c.fault(errors.Join(err, c.err))
		return metal.Dispatch{}
	}
	return d[0]
}

func wrongDispatches(c *scope) {
	good := addition(c)
	if c.err != nil {
		return
	}
	name, most := good.Kernel.Name(), good.Kernel.MaxThreads()
	gone, err := kernels.UploadBytes(c.s.dev, make([]byte, 64))
	if err != nil {
		c.fault(err)
		return
	}
	gone.Buffer.Release()
	size := good.Args[0].Buffer.Len()
	for _, w := range []struct {
		what, want string
		spoil      func(*metal.Dispatch)
	}{
		{"no thread", "grid 0x0x0: want at least one thread", func(d *metal.Dispatch) { d.Grid = metal.Size{} }},
		{"a negative grid", "grid 4x-1x1: want at least one thread", func(d *metal.Dispatch) { d.Grid = metal.Size{X: 4, Y: -1, Z: 1} }},
		{"a huge extent", "grid 2147483648x1x1: an extent is at most 2^31-1", func(d *metal.Dispatch) { d.Grid = metal.Size{X: math.MaxInt32 + 1, Y: 1, Z: 1} }},
		{"a huge grid", "more than 9223372036854775807 threads", func(d *metal.Dispatch) { d.Grid = metal.Size{X: 1 << 30, Y: 1 << 30, Z: 1 << 30} }},
		{"no threadgroup", "threadgroup 0x1x1: want at least one thread", func(d *metal.Dispatch) { d.Threadgroup.X = 0 }},
		{"a large threadgroup", fmt.Sprintf("threadgroup %dx1x1: more than %d threads", most+1, most), func(d *metal.Dispatch) { d.Threadgroup.X = most + 1 }},
		{"a missing argument", "argument 1 (b) is missing: 4 are given", func(d *metal.Dispatch) { d.Args[1] = metal.Arg{} }},
		{"missing parameters", "argument 3 (p) is missing: 3 are given", func(d *metal.Dispatch) { d.Args = d.Args[:3] }},
		{"short parameters", "argument 3 (p): 3 bytes, the kernel reads 4", func(d *metal.Dispatch) { d.Args[3].Bytes = d.Args[3].Bytes[:3] }},
		{"a written argument of bytes", "argument 2 (y) must be a buffer: the kernel can write it", func(d *metal.Dispatch) { d.Args[2] = metal.Arg{Bytes: make([]byte, 16)} }},
		{"many arguments", "32 arguments, at most 31", func(d *metal.Dispatch) { d.Args = append(d.Args, make([]metal.Arg, 28)...) }},
		{"many bytes", "argument 0: 4097 bytes, at most 4096 can be copied: use a buffer", func(d *metal.Dispatch) { d.Args[0] = metal.Arg{Bytes: make([]byte, 4097)} }},
		{"an offset behind", fmt.Sprintf("argument 0: offset %d with 1 bytes is outside the buffer of %d bytes", size, size), func(d *metal.Dispatch) { d.Args[0].Offset = size }},
		{"an offset before", fmt.Sprintf("argument 0: offset -4 with 1 bytes is outside the buffer of %d bytes", size), func(d *metal.Dispatch) { d.Args[0].Offset = -4 }},
		{"a released buffer", "argument 1: the buffer of 64 bytes was released", func(d *metal.Dispatch) { d.Args[1] = gone }},
		{"another's buffer", "argument 1: the buffer is not of this device", func(d *metal.Dispatch) { d.Args[1].Buffer = foreign{} }},
		{"negative threadgroup memory", "threadgroup argument 0 of -1 bytes", func(d *metal.Dispatch) { d.ThreadgroupMemory = []int{-1} }},
		{"many threadgroup arguments", "32 threadgroup arguments, at most 31", func(d *metal.Dispatch) { d.ThreadgroupMemory = make([]int, 32) }},
		{"no kernel", "the kernel is not of this device: it did not compile it", func(d *metal.Dispatch) { d.Kernel = nil }},
	} {
		d := good
		d.Args = append([]metal.Arg(nil), good.Args...)
		w.spoil(&d)
		want := "kernel " + name + ": " + metal.ErrFault.Error() + ": "
		if d.Kernel == nil {
			want = fmt.Sprintf("%s device: %v: ", c.s.dev.Info().Kind, metal.ErrFault)
		}
		if strings.HasPrefix(w.want, "more than") || strings.HasPrefix(w.want, "threadgroup argument 0 of") {
			want = "" // the rest of the text has figures of the device
		}
		_, submitted := c.s.dev.Submit(c.s.ctx, []metal.Dispatch{d})
		c.refused("submit of "+w.what, submitted, metal.ErrFault, want+w.want)
		program, recorded := c.s.dev.Record([]metal.Dispatch{d})
		if recorded == nil {
			program.Release()
		}
		c.refused("record of "+w.what, recorded, metal.ErrFault, want+w.want)
	}
}

// foreign is a buffer of no device.
type foreign struct{ metal.Buffer }

func wrongPrograms(c *scope) {
	good := addition(c)
	if c.err != nil {
		return
	}
	dev, kind := c.s.dev, c.s.dev.Info().Kind
	_, err := dev.Record()
	c.refused("a program without iterations", err, nil, fmt.Sprintf("%s device: record: no iterations", kind))
	_, err = dev.Record([]metal.Dispatch{good}, nil)
	c.refused("an empty iteration", err, nil, fmt.Sprintf("%s device: record: iteration 1 has no dispatches", kind))
	mine, err := kernels.Upload(dev, dtype.F32, make([]float32, 4))
	if err != nil {
		c.fault(err)
		return
	}
	good.Args[0] = mine
	program, err := dev.Record([]metal.Dispatch{good})
	if err != nil {
		c.fault(err)
		return
	}
	_, err = program.Run(c.s.ctx, 0)
	c.refused("a run of nothing", err, nil, "program: run of 0 iterations: want at least 1")
	mine.Buffer.Release()
	_, err = program.Run(c.s.ctx, 1)
	c.refused("a run with a released buffer", err, metal.ErrFault, "a buffer it uses was released; record it again")
	program.Release()
	_, err = program.Run(c.s.ctx, 1)
	c.refused("a run of a released program", err, nil, "program: run after release")
}

func wrongBuffers(c *scope) {
	dev := c.s.dev
	for _, n := range []int{0, -1} {
		_, err := dev.NewBuffer(n)
		c.refused("a buffer of no bytes", err, nil, fmt.Sprintf("%s device: buffer of %d bytes: want at least 1", dev.Info().Kind, n))
	}
	b, err := dev.NewBuffer(8)
	if err != nil {
		c.fault(err)
		return
	}
	for _, offset := range []int{-1, 7, 8, math.MaxInt} {
		want := fmt.Sprintf(" of 2 bytes: offset %d with 2 bytes is outside the buffer of 8 bytes", offset)
		c.refused("write outside", b.Write(offset, make([]byte, 2)), nil, "write"+want)
		c.refused("read outside", b.Read(offset, make([]byte, 2)), nil, "read"+want)
	}
	b.Release()
	b.Release()
	c.refused("write after release", b.Write(0, []byte{1}), nil, "write of 1 bytes: the buffer of 8 bytes was released")
}

// refused wants an error of a class, if one is named, with a text.
func (c *scope) refused(what string, err, class error, text string) {
	c.s.report.Contract++
	switch {
	case err == nil:
		c.fault(fmt.Errorf("%s was accepted", what))
	case class != nil && !errors.Is(err, class) || !strings.Contains(err.Error(), text):
		c.fault(fmt.Errorf("%s: %w; want one of class %q with %q", what, err, fmt.Sprint(class), text))
	}
}
