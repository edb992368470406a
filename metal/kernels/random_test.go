package kernels

import (
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// remoteDevice's buffers are not in host memory.
type remoteDevice struct{ fakeDevice }

type remoteBuffer struct{ fakeBuffer }

func (remoteBuffer) Bytes() []byte { return nil }

func (d *remoteDevice) NewBuffer(n int) (metal.Buffer, error) {
	return remoteBuffer{make([]byte, n)}, nil
}

func TestRandomWeightsAreTheSameOnEveryDevice(t *testing.T) {
	// Large enough to be staged in more than one piece.
	s := quant.Synthetic{Format: quant.Format{Bits: 8, Group: 64, DType: dtype.BF16}, Experts: 3, N: 512, K: 24 << 10, Seed: 9, Scale: 1}
	want, err := quant.Random(s.Seed, s.Format, s.Experts, s.N, s.K, s.Scale)
	if err != nil {
		t.Fatal(err)
	}
	for name, dev := range map[string]metal.Device{"shared": &fakeDevice{}, "remote": &remoteDevice{}} {
		w, err := RandomWeights(dev, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.Planes() {
			got, err := download(*w.Plane(p), len(*want.Plane(p)))
			if err != nil || string(got) != string(*want.Plane(p)) {
				t.Errorf("%s: %s differ from quant.Random's, %v", name, p, err)
			}
		}
	}
	s.Scale = 0
	if _, err := RandomWeights(&fakeDevice{}, s); err == nil {
		t.Error("scale 0 was accepted")
	}
}
