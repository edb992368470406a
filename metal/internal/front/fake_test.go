package front

import (
	"context"
	"testing"

	"github.com/assay-bench/assay/metal"
)

// fake is a backend that keeps bytes and runs nothing.
type fake struct {
	kind  metal.Kind
	lost  error
	freed int
	ran   []int
	found int // kernels that were looked up
}

func (f *fake) Info() metal.Info { return metal.Info{Kind: f.kind} }
func (f *fake) Lost() error      { return f.lost }

func (f *fake) Allocate(bytes int, inUse int64) (Memory, error) {
	if int64(bytes)+inUse > 1<<20 {
		return nil, metal.ErrOutOfMemory
	}
	return &fakeMemory{f, make([]byte, bytes)}, nil
}

func (f *fake) Compile(context.Context, metal.Source) (Library, error) { return f, nil }
func (f *fake) Names() []string                                        { return []string{"k"} }

func (f *fake) Kernel(name string, _ map[int]any) (Kernel, error) {
	if name == "" {
		return nil, metal.ErrNoKernel
	}
	f.found++
	return fakeKernel{}, nil
}

func (f *fake) Record([][]metal.Dispatch) (Program, error) { return f, nil }

func (f *fake) Submit(context.Context, []metal.Dispatch) (metal.Times, error) {
	return metal.Times{Device: 1, Wall: 1}, nil
}

func (f *fake) Run(_ context.Context, n int) (metal.Times, error) {
	f.ran = append(f.ran, n)
	return metal.Times{Device: 1, Wall: 1}, nil
}

func (f *fake) Free() { f.freed++ }

func (f *fake) Close(free func()) error {
	free()
	return nil
}

type fakeMemory struct {
	f *fake
	b []byte
}

func (m *fakeMemory) Bytes() []byte { return m.b }
func (m *fakeMemory) Free()         { m.f.freed++ }

func (m *fakeMemory) Write(offset int, data []byte) error {
	copy(m.b[offset:], data)
	return nil
}

func (m *fakeMemory) Read(offset int, data []byte) error {
	copy(data, m.b[offset:])
	return nil
}

type fakeKernel struct{}

func (fakeKernel) MaxThreads() int     { return 256 }
func (fakeKernel) MaxGroupMemory() int { return 1000 }

// open is a device over a fake with one buffer of 64 bytes.
func open(t *testing.T, kind metal.Kind) (*Device, *fake, metal.Buffer) {
	t.Helper()
	f := &fake{kind: kind}
	d := New(f)
	b, err := d.NewBuffer(64)
	if err != nil {
		t.Fatal(err)
	}
	return d, f, b
}

func kernelOf(t *testing.T, d *Device, text, name string, constants map[int]any) metal.Kernel {
	t.Helper()
	lib, err := d.Compile(t.Context(), metal.Source{Name: "k.metal", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	k, err := lib.Kernel(name, constants)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var one = metal.Size{X: 1}
