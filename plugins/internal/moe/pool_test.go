package moe

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
)

func device(t *testing.T) metal.Device {
	t.Helper()
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dev.Close() })
	return dev
}

func tiny(t *testing.T, layers int) Resolved {
	t.Helper()
	r, err := Spec{Model: "tiny", Bits: 4, GroupSize: 64, DType: "float32", Layers: layers}.Need()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPoolSharesAndFrees(t *testing.T) {
	dev := device(t)
	var pool Pool
	r := tiny(t, 2)
	a, b, other := pool.Lease(dev), pool.Lease(dev), pool.Lease(dev)
	first, err := a.Layers(r, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	alone := dev.Memory().Current
	if want := r.Bytes(true); alone != want {
		t.Errorf("%d bytes alive, want the %d that Bytes promises", alone, want)
	}
	second, err := b.Layers(r, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	if dev.Memory().Current != alone || second[1].Gate.Packed.Buffer != first[1].Gate.Packed.Buffer {
		t.Error("a second case of the same seed has weights of its own")
	}
	if first[0].Gate.Packed.Buffer == first[1].Gate.Packed.Buffer || first[0].Gate.Packed.Buffer == first[0].Up.Packed.Buffer {
		t.Error("two matrices of one model are the same")
	}
	if _, err := other.Layers(r, 2, true); err != nil {
		t.Fatal(err)
	}
	if dev.Memory().Current != 2*alone {
		t.Errorf("%d bytes with two seeds, want %d", dev.Memory().Current, 2*alone)
	}
	a.Release()
	a.Release()
	if dev.Memory().Current == alone {
		t.Error("weights that a case still uses were freed")
	}
	b.Release()
	other.Release()
	if n := dev.Memory().Current; n != 0 {
		t.Errorf("%d bytes alive after every case was closed", n)
	}
}

func TestInputsRotateAndWarn(t *testing.T) {
	dev := device(t)
	r := tiny(t, 2)
	b := &Buffers{Device: dev}
	cold, err := NewInputs(b, RNG(1, "decode"), r, 2, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	if cold.Passes != 8 || cold.WeightBytes(true) != r.Bytes(true) {
		t.Errorf("%d passes over %d bytes, want 8 over all %d", cold.Passes, cold.WeightBytes(true), r.Bytes(true))
	}
	if w := cold.Warnings("decode", true, true, metal.Info{LastCache: 32 << 20}); len(w) != 1 || !strings.Contains(w[0].Detail, "32 MB") {
		t.Errorf("%v, want a warning that the weights fit the cache", w)
	}
	if w := cold.Warnings("decode", true, true, metal.Info{LastCache: 1 << 20}); len(w) != 0 {
		t.Errorf("%v, want no warning", w)
	}
	hot, err := NewInputs(b, RNG(1, "decode"), r, 1, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	if hot.Steps() != 1 || len(hot.Warnings("decode", false, true, metal.Info{LastCache: 32 << 20})) != 0 {
		t.Errorf("%d steps, want the same experts every time and no warning", hot.Steps())
	}
}

// The same seed gives the same inputs, another one gives others.
func TestInputsFollowTheSeed(t *testing.T) {
	draw := func(seed uint64, purpose string) float64 { return RNG(seed, purpose).NormFloat64() }
	if draw(1, "decode") != draw(1, "decode") {
		t.Error("a seed does not give the same inputs twice")
	}
	if draw(1, "decode") == draw(2, "decode") || draw(1, "decode") == draw(1, "prefill") {
		t.Error("two seeds, or two phases, share inputs")
	}
}

func TestResolveReportsEveryFault(t *testing.T) {
	_, faults := Spec{Model: "qwen4", Bits: 4, GroupSize: 64, DType: "float8", Layers: 1}.Resolve()
	if len(faults) != 2 || faults[0].Path != "model" || faults[1].Path != "dtype" {
		t.Errorf("%v, want faults of model and dtype", faults)
	}
	for _, name := range Names() {
		for _, group := range []int{32, 64, 128} {
			if _, faults := (Spec{Model: name, Bits: 4, GroupSize: group, DType: "bf16", Layers: 1}).Resolve(); len(faults) > 0 {
				t.Errorf("%s with groups of %d: %v", name, group, faults)
			}
		}
	}
}
