package apple

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/sim"
)

// What is tried of a virtual GPU runs where a simdgroup is as kernels want it.
func TestReduces(t *testing.T) {
	dev, err := sim.Open(t.Context(), sim.Options{})
	if errors.Is(err, metal.ErrUnavailable) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if err := reduces(t.Context(), dev); err != nil {
		t.Error(err)
	}
	if err := reduces(t.Context(), wrong{dev}); err == nil || !strings.Contains(err.Error(), "simd_shuffle_xor gives thread 0 7 where 4 is right") {
		t.Errorf("of a device that exchanges with another thread: %v", err)
	}
	if err := reduces(t.Context(), without{dev}); !errors.Is(err, metal.ErrCompile) {
		t.Errorf("of a device that does not compile it: %v", err)
	}
}

// wrong exchanges with the next thread.
type wrong struct{ metal.Device }

func (d wrong) Compile(ctx context.Context, src metal.Source) (metal.Library, error) {
	src.Text = strings.Replace(src.Text, "(in[i], 5)", "(in[i], 1)", 1)
	return d.Device.Compile(ctx, src)
}

// without has no reductions.
type without struct{ metal.Device }

func (d without) Compile(context.Context, metal.Source) (metal.Library, error) {
	return nil, metal.ErrCompile
}
