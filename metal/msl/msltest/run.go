package msltest

import (
	"context"
	"embed"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
)

// Files are the kernels.
//
//go:embed testdata/*.metal
var Files embed.FS

// T is what Run needs of a *testing.T.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Case is one kernel with its arguments and what it must compute.
type Case struct {
	Name              string // of the case; the source is testdata/FILE.metal
	File, Kernel      string
	Defines           map[string]string
	Constants         map[int]any
	Grid, Threadgroup metal.Size
	ThreadgroupMemory []int
	Args              []Arg
	Clang             bool // is undefined on a sim device whose compiler is another
}

// Arg is one kernel argument: inline bytes, or a buffer with its content
// before, and after if Want is set.
type Arg struct {
	Bytes []byte // inline
	Data  []byte // of a buffer
	Want  []byte // what the buffer holds afterwards; nil for an input
	// Compare judges one element of got and want; nil wants equal bytes.
	Compare func(got, want []byte) error
	Width   int // bytes of an element for Compare
}

// Run puts a device through all cases and says what it ran.
func Run(ctx context.Context, t T, dev metal.Device) {
	t.Helper()
	cases := Cases()
	files, failed := map[string]bool{}, 0
	for _, c := range cases {
		if info := dev.Info(); c.Clang && info.Kind == metal.Sim && !strings.Contains(info.Driver, "clang") {
			t.Logf("%s: left out: %s does not define it", c.Name, info.Driver)
			continue
		}
		if err := c.Run(ctx, dev); err != nil {
			t.Errorf("%s: %s: %v", dev.Info().Kind, c.Name, err)
			failed++
		}
		files[c.File] = true
	}
	t.Logf("%s %s: %d kernels of %d Metal files gave the results computed in Go, %d did not",
		dev.Info().Kind, dev.Info().Name, len(cases)-failed, len(files), failed)
}

// Run compiles and runs one case and compares its buffers.
func (c Case) Run(ctx context.Context, dev metal.Device) error {
	text, err := Files.ReadFile("testdata/" + c.File + ".metal")
	if err != nil {
		return err
	}
	lib, err := dev.Compile(ctx, metal.Source{Name: c.File + ".metal", Text: string(text), Defines: c.Defines})
	if err != nil {
		return err
	}
	k, err := lib.Kernel(c.Kernel, c.Constants)
	if err != nil {
		return err
	}
	d := metal.Dispatch{Kernel: k, Grid: c.Grid, Threadgroup: c.Threadgroup, ThreadgroupMemory: c.ThreadgroupMemory}
	for _, a := range c.Args {
		arg := metal.Arg{Bytes: a.Bytes}
		if a.Data != nil {
			b, err := dev.NewBuffer(len(a.Data))
			if err != nil {
				return err
			}
			defer b.Release()
			if err := b.Write(0, a.Data); err != nil {
				return err
			}
			arg.Buffer = b
		}
		d.Args = append(d.Args, arg)
	}
	p, err := dev.Record([]metal.Dispatch{d})
	if err != nil {
		return err
	}
	defer p.Release()
	if _, err := p.Run(ctx, 1); err != nil {
		return err
	}
	for i, a := range c.Args {
		if a.Want == nil {
			continue
		}
		got := make([]byte, len(a.Want))
		if err := d.Args[i].Buffer.Read(0, got); err != nil {
			return err
		}
		if err := a.check(got); err != nil {
			return fmt.Errorf("argument %d: %w", i, err)
		}
	}
	return nil
}

func (a Arg) check(got []byte) error {
	for i := 0; i+a.Width <= len(got); i += a.Width {
		g, w := got[i:i+a.Width], a.Want[i:i+a.Width]
		if slices.Equal(g, w) {
			continue
		}
		if a.Compare == nil {
			return fmt.Errorf("element %d is %x, want %x", i/a.Width, g, w)
		}
		if err := a.Compare(g, w); err != nil {
			return fmt.Errorf("element %d %w", i/a.Width, err)
		}
	}
	return nil
}

// in is a buffer that a kernel reads.
func in[V any](values ...V) Arg { return Arg{Data: bytesOf(values)} }

// inline is an argument set from bytes.
func inline(values ...any) Arg {
	var b []byte
	for _, v := range values {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	return Arg{Bytes: b}
}

// out is a zeroed buffer that must hold want afterwards, exactly.
func out[V any](want ...V) Arg {
	b := bytesOf(want)
	return Arg{Data: make([]byte, len(b)), Want: b, Width: len(b) / len(want)}
}

// near is a buffer of float32 with a relative tolerance.
func near(tolerance float64, want ...float32) Arg {
	a := out(want...)
	a.Compare = func(got, want []byte) error {
		g, w := float(got), float(want)
		if math.Abs(g-w) <= tolerance*max(1, math.Abs(w)) || math.IsNaN(g) && math.IsNaN(w) {
			return nil
		}
		return fmt.Errorf("is %v, want %v within %v", g, w, tolerance)
	}
	return a
}

func float(b []byte) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
}

func bytesOf[V any](values []V) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		panic(fmt.Sprintf("msltest: %v", err)) // a case built from a type without a fixed size
	}
	return b
}

// halves and brains are float16 and bfloat16 bits.
func halves(values ...float32) []uint16 { return each(values, dtype.F32ToF16) }
func brains(values ...float32) []uint16 { return each(values, dtype.F32ToBF16) }

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// fill makes n values of a function of their index.
func fill[V any](n int, f func(i int) V) []V {
	out := make([]V, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

func line(n int) metal.Size { return metal.Size{X: n, Y: 1, Z: 1} }

// within compares elements of a number format relative to the larger of 1e-3
// and the wanted value.
func within(dt dtype.DType, tolerance float64) func(got, want []byte) error {
	return func(got, want []byte) error {
		g, w := float64(dt.At(got, 0)), float64(dt.At(want, 0))
		if math.Abs(g-w) <= tolerance*max(1e-3, math.Abs(w)) {
			return nil
		}
		return fmt.Errorf("is %v, want %v within %v", g, w, tolerance)
	}
}
