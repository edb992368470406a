package cpu

import (
	"context"
	"testing"

	"github.com/assay-bench/assay/metal"
)

func TestYardsticks(t *testing.T) {
	r := newRig(t, Options{})
	before := r.dev.Memory()
	for _, y := range []metal.Yardstick{metal.Stream, metal.Copy} {
		m, err := r.dev.(metal.Yardsticker).Yardstick(context.Background(), y)
		if err != nil {
			t.Fatal(err)
		}
		if m.Bytes < yardstickLeast/2 || m.PerSecond() < 1e8 || m.PerSecond() > 1e14 {
			t.Errorf("%s: %+v, %g bytes per second", y, m, m.PerSecond())
		}
		t.Logf("%s: %.1f GB/s, %d bytes", y, m.PerSecond()/1e9, m.Bytes)
	}
	if after := r.dev.Memory(); after != before {
		t.Errorf("memory %+v, before %+v: yardsticks must not count", after, before)
	}
	if _, err := r.dev.(metal.Yardsticker).Yardstick(context.Background(), "cube"); err == nil {
		t.Error("a yardstick that there is not gave no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.dev.(metal.Yardsticker).Yardstick(ctx, metal.Stream); err == nil {
		t.Error("a cancelled yardstick gave no error")
	}
}
