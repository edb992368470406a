package moe

import (
	"bytes"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
)

// remote is device memory that the host cannot see.
type remote struct{ metal.Buffer }

func (remote) Bytes() []byte { return nil }

func TestFetchIsTheSameFromSharedAndFromDeviceMemory(t *testing.T) {
	dev := device(t)
	f := quant.Format{Bits: 4, Group: 32}
	want, err := quant.Random(3, f, 4, 8, 64, 1)
	if err != nil {
		t.Fatal(err)
	}
	w, err := kernels.NewWeights(dev, want)
	if err != nil {
		t.Fatal(err)
	}
	far := w
	for _, a := range []*metal.Arg{&far.Packed, &far.Scales, &far.Biases} {
		a.Buffer = remote{a.Buffer}
	}
	for e := range 4 {
		for name, weights := range map[string]kernels.Weights{"shared": w, "device": far} {
			got, err := Fetch(weights, e)
			if err != nil {
				t.Fatal(err)
			}
			one := want.Expert(e)
			if got.Check() != nil || !bytes.Equal(got.Packed, one.Packed) || !bytes.Equal(got.Scales, one.Scales) || !bytes.Equal(got.Biases, one.Biases) {
				t.Errorf("%s memory: expert %d is not what was uploaded", name, e)
			}
		}
	}
	for _, e := range []int{-1, 4} {
		if _, err := Fetch(w, e); err == nil {
			t.Errorf("expert %d of 4 was fetched", e)
		}
	}
}
