package moe

import (
	"reflect"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
	"github.com/assay-bench/assay/metal/kernels"
	"github.com/assay-bench/assay/metal/quant"
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
	r, err := Spec{Model: "tiny", DType: new("float32"), Layers: layers}.Need()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPoolSharesAndFrees(t *testing.T) {
	dev := device(t)
	var pool kernels.Pool
	r := tiny(t, 2)
	a, b, other := pool.Lease(dev), pool.Lease(dev), pool.Lease(dev)
	first, err := Layers(a, r, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	alone := dev.Memory().Current
	if want := r.Bytes(true); alone != want {
		t.Errorf("%d bytes alive, want the %d that Bytes promises", alone, want)
	}
	second, err := Layers(b, r, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	if dev.Memory().Current != alone || second[1].Gate.Packed.Buffer != first[1].Gate.Packed.Buffer {
		t.Error("a second configuration of the same seed has weights of its own")
	}
	if first[0].Gate.Packed.Buffer == first[1].Gate.Packed.Buffer || first[0].Gate.Packed.Buffer == first[0].Up.Packed.Buffer {
		t.Error("two matrices of one model are the same")
	}
	if _, err := Layers(other, r, 2, true); err != nil {
		t.Fatal(err)
	}
	if dev.Memory().Current != 2*alone {
		t.Errorf("%d bytes with two seeds, want %d", dev.Memory().Current, 2*alone)
	}
	a.Release()
	a.Release()
	if dev.Memory().Current == alone {
		t.Error("weights that a configuration still uses were freed")
	}
	b.Release()
	other.Release()
	if n := dev.Memory().Current; n != 0 {
		t.Errorf("%d bytes alive after every configuration was released", n)
	}
}

func TestInputsRotate(t *testing.T) {
	dev := device(t)
	r := tiny(t, 2)
	b := &kernels.Buffers{Device: dev}
	cold, err := NewInputs(b, 1, "decode", r, routed(t, r, Routing{}), 2, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	if cold.Passes != 8 || cold.WeightBytes(true) != r.Bytes(true) {
		t.Errorf("%d passes over %d bytes, want 8 over all %d", cold.Passes, cold.WeightBytes(true), r.Bytes(true))
	}
	hot, err := NewInputs(b, 1, "decode", r, routed(t, r, Routing{}), 1, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	if hot.Steps() != 1 {
		t.Errorf("%d steps, want the same experts every time", hot.Steps())
	}
}

func TestResolveReportsEveryFault(t *testing.T) {
	_, faults := Spec{Model: "qwen4", DType: new("float8"), Layers: 1}.Resolve()
	if len(faults) != 2 || faults[0].Path != "model" || faults[1].Path != "dtype" {
		t.Errorf("%v, want faults of model and dtype", faults)
	}
	for _, name := range Names() {
		for _, group := range []int{32, 64, 128} {
			if _, faults := (Spec{Model: name, GroupSize: &group, Layers: 1}).Resolve(); len(faults) > 0 {
				t.Errorf("%s with groups of %d: %v", name, group, faults)
			}
		}
	}
}

// The schema names every mode, which package quant declares.
func TestModesAreDocumented(t *testing.T) {
	field, _ := reflect.TypeFor[Spec]().FieldByName("Mode")
	for _, m := range quant.Modes() {
		if !strings.Contains(field.Tag.Get("help"), m.String()) {
			t.Errorf("the help of mode does not name %s", m)
		}
	}
}
