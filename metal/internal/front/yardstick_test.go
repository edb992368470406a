package front

import (
	"errors"
	"testing"

	"github.com/assay-bench/assay/metal"
)

// roomy is a fake with memory for a yardstick.
type roomy struct{ fake }

func (r *roomy) Allocate(bytes int, _ int64) (Memory, error) {
	return &fakeMemory{&r.fake, make([]byte, min(bytes, 64))}, nil
}

// What a yardstick allocates and dispatches is not the plugin's.
func TestYardsticksDoNotCount(t *testing.T) {
	d := New(&roomy{fake{kind: metal.CUDA}})
	if _, err := d.NewBuffer(64); err != nil {
		t.Fatal(err)
	}
	k := kernelOf(t, d, "text", "k", nil)
	if _, err := d.Submit(t.Context(), []metal.Dispatch{{Kernel: k, Grid: one, Threadgroup: one}}); err != nil {
		t.Fatal(err)
	}
	for _, y := range []metal.Yardstick{metal.Stream, metal.Copy} {
		if m, err := d.Yardstick(t.Context(), y); err != nil || m.Bytes < 256<<20 || m.Time <= 0 {
			t.Fatalf("%s moved %+v, error %v", y, m, err)
		}
	}
	if m := d.Memory(); m.Current != 64 || m.Peak != 64 {
		t.Errorf("memory %+v, want the 64 bytes of before", m)
	}
	if got := d.Dispatched(1); len(got) != 1 || got[0].Kernel != "k" || got[0].Count != 1 {
		t.Errorf("dispatched %+v, want what was dispatched before", got)
	}
	full, _, _ := open(t, metal.CUDA)
	if _, err := full.Yardstick(t.Context(), metal.Stream); !errors.Is(err, metal.ErrOutOfMemory) {
		t.Errorf("without memory: %v, want it to be out of memory", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Yardstick(t.Context(), metal.Stream); !errors.Is(err, metal.ErrLost) {
		t.Errorf("after Close: %v, want the device to be lost", err)
	}
}
