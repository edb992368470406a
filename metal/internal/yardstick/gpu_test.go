package yardstick_test

import (
	"context"
	"errors"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/yardstick"
	"github.com/assay-bench/assay/metal/sim"
)

// The simulator runs the same source; its times mean nothing, and what is moved
// is all.
func TestSourceMovesAllOfIt(t *testing.T) {
	dev, err := sim.Open(context.Background(), sim.Options{})
	if errors.Is(err, metal.ErrUnavailable) {
		t.Skip("the test runs the yardstick's kernels on the simulator:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	var g yardstick.GPU
	for _, y := range []metal.Yardstick{metal.Stream, metal.Copy} {
		const bytes = 1 << 14
		m, err := g.Over(context.Background(), dev, y, bytes)
		if err != nil {
			t.Fatal(err)
		}
		if m.Bytes != bytes || m.Time <= 0 {
			t.Errorf("%s moved %+v, want %d bytes", y, m, bytes)
		}
	}
	if left := dev.Memory().Current; left != 0 {
		t.Errorf("%d bytes are left on the device", left)
	}
	if _, err := g.Measure(context.Background(), dev, "cube"); err == nil {
		t.Error("a yardstick that there is not gave no error")
	}
}
