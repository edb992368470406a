package devicetest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devicetest/golden"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
	"github.com/assay-bench/assay/metal/reference"
)

// scope is one check: its buffers, its outputs and its first fault, after
// which every method does nothing.
type scope struct {
	s       *suite
	name    string
	buffers []metal.Buffer
	outputs []*output // of the next run
	err     error
}

func (c *scope) fault(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *scope) release() {
	for _, b := range c.buffers {
		b.Release()
	}
}

func (c *scope) keep(a metal.Arg, err error) metal.Arg {
	if err != nil {
		c.fault(err)
		return metal.Arg{}
	}
	c.buffers = append(c.buffers, a.Buffer)
	return a
}

// up uploads values, rounded to dt.
func (c *scope) up(dt dtype.DType, values []float32) metal.Arg {
	if c.err != nil {
		return metal.Arg{}
	}
	return c.keep(kernels.Upload(c.s.dev, dt, values))
}

func (c *scope) indices(values []uint32) metal.Arg {
	if c.err != nil {
		return metal.Arg{}
	}
	return c.keep(kernels.UploadUint32(c.s.dev, values))
}

func (c *scope) weights(t *quant.Tensor) kernels.Weights {
	if c.err != nil {
		return kernels.Weights{}
	}
	w, err := kernels.NewWeights(c.s.dev, t)
	if err != nil {
		c.fault(err)
		return w
	}
	for _, p := range w.Planes() {
		c.buffers = append(c.buffers, w.Plane(p).Buffer)
	}
	return w
}

// output is a result buffer with a guard behind it.
type output struct {
	arg  metal.Arg
	size int
	data []byte // after run
}

const guardBytes = 64

// out makes room for n elements of width bytes.
func (c *scope) out(width, n int) *output {
	o := &output{size: width * n}
	if c.err != nil {
		return o
	}
	poison := bytes.Repeat([]byte{0xff}, o.size+guardBytes) // NaN, or an index out of range
	o.arg = c.keep(kernels.UploadBytes(c.s.dev, poison))
	c.outputs = append(c.outputs, o)
	return o
}

func (o *output) floats(dt dtype.DType) []float32 {
	v, err := dt.Floats(o.data)
	if err != nil {
		return nil // no run, no data: every comparison fails on the length
	}
	return v
}

func (o *output) uint32s() []uint32 {
	return words(o.data)
}

// run executes what builders returned, submitted and replayed, and reads the
// outputs made since the last run. Several builders' dispatches make one sequence.
func (c *scope) run(built ...func() ([]metal.Dispatch, error)) {
	outputs := c.outputs
	c.outputs = nil // the next run has its own
	var dispatches []metal.Dispatch
	for _, build := range built {
		if c.err != nil {
			return
		}
		d, err := build()
		if err != nil {
			c.fault(err)
			return
		}
		dispatches = append(dispatches, d...)
	}
	if _, err := c.s.dev.Submit(c.s.ctx, dispatches); err != nil {
		c.fault(fmt.Errorf("submit: %w", err))
		return
	}
	for _, o := range outputs {
		o.data = c.read(o)
		c.poison(o)
	}
	program, err := c.s.dev.Record(dispatches)
	if err != nil {
		c.fault(fmt.Errorf("record: %w", err))
		return
	}
	defer program.Release()
	const runs = 2
	if _, err := program.Run(c.s.ctx, runs); err != nil {
		c.fault(fmt.Errorf("replay: %w", err))
		return
	}
	for _, o := range outputs {
		if again := c.read(o); c.err == nil && !bytes.Equal(again, o.data) {
			c.fault(fmt.Errorf("replaying %d times gives other bits than submitting once", runs))
		}
	}
}

func (c *scope) poison(o *output) {
	if err := o.arg.Buffer.Write(0, bytes.Repeat([]byte{0xff}, o.size)); err != nil {
		c.fault(err)
	}
}

func (c *scope) read(o *output) []byte {
	data := make([]byte, o.size+guardBytes)
	if err := o.arg.Buffer.Read(0, data); err != nil {
		c.fault(err)
		return nil
	}
	for _, b := range data[o.size:] {
		if b != 0xff {
			c.fault(errors.New("wrote behind the end of an output"))
			break
		}
	}
	return data[:o.size]
}

// near compares a result with its reference; tolerance 0 means the dtype's.
func (c *scope) near(what string, got []float32, ref []float64, dt dtype.DType, tolerance float64) {
	if c.err != nil {
		return
	}
	if tolerance == 0 {
		tolerance = reference.Tolerance(dt)
	}
	if e := reference.MaxError(got, ref); !(e <= tolerance) {
		c.fault(fmt.Errorf("%s is off by %.3g of the largest value, may be %.3g", what, e, tolerance))
	}
}

// golden compares a result with a golden tensor of the file and counts it.
func (c *scope) golden(f *golden.File, name string, got []float32, dt dtype.DType, tolerance float64) {
	ref, err := f.Floats(name)
	if err != nil {
		c.fault(err)
		return
	}
	wide := make([]float64, len(ref))
	for i, v := range ref {
		wide[i] = float64(v)
	}
	c.near(f.Name+" "+name, got, wide, dt, tolerance)
	c.s.count(f, name)
}

// random compares a result with package reference's and counts it.
func (c *scope) random(what string, got []float32, ref []float64, err error, dt dtype.DType) {
	if err != nil {
		c.fault(err)
		return
	}
	c.near(what, got, ref, dt, 0)
	c.s.report.Random++
}
