package kernels

import (
	"context"
	"errors"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// fakeDevice holds buffers and answers every kernel look-up.
type fakeDevice struct {
	metal.Device
	compiled []metal.Source
	looked   []string
}

type fakeBuffer []byte

func (b fakeBuffer) Len() int                         { return len(b) }
func (b fakeBuffer) Write(off int, data []byte) error { copy(b[off:], data); return nil }
func (b fakeBuffer) Read(off int, data []byte) error  { copy(data, b[off:]); return nil }
func (b fakeBuffer) Bytes() []byte                    { return b }
func (b fakeBuffer) Release()                         {}

type fakeLibrary struct{ d *fakeDevice }

func (l fakeLibrary) Names() []string { return nil }
func (l fakeLibrary) Kernel(name string, _ map[int]any) (metal.Kernel, error) {
	l.d.looked = append(l.d.looked, name)
	return fakeKernel(name), nil
}

type fakeKernel string

func (k fakeKernel) Name() string    { return string(k) }
func (k fakeKernel) MaxThreads() int { return 1024 }

func (d *fakeDevice) Info() metal.Info { return metal.Info{Kind: metal.CPU} }
func (d *fakeDevice) NewBuffer(n int) (metal.Buffer, error) {
	if n <= 0 {
		return nil, errors.New("empty")
	}
	return fakeBuffer(make([]byte, n)), nil
}
func (d *fakeDevice) Compile(_ context.Context, src metal.Source) (metal.Library, error) {
	d.compiled = append(d.compiled, src)
	return fakeLibrary{d}, nil
}

func newSet(t *testing.T) (*Set, *fakeDevice) {
	t.Helper()
	d := &fakeDevice{}
	s, err := Load(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

func floats(n int) metal.Arg { return metal.Arg{Buffer: fakeBuffer(make([]byte, 4*n))} }

func weights(t *testing.T, f quant.Format, e, n, k int) Weights {
	t.Helper()
	q, err := quant.New(f, e, n, k)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWeights(&fakeDevice{}, q)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
