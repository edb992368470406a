package sdk_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakedevice"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/metal"
)

// full has no memory for a yardstick.
type full struct{ *fakedevice.Device }

func (full) Yardstick(context.Context, metal.Yardstick) (metal.Moved, error) {
	return metal.Moved{}, fmt.Errorf("64 MB: %w", metal.ErrOutOfMemory)
}

// plain is a device of an author's own that measures nothing of itself.
type plain struct{ metal.Device }

func TestYardsticksOfDevices(t *testing.T) {
	of := func(p sdk.Plugin[config], wrap func(*fakedevice.Device) metal.Device) sdk.Plugin[config] {
		p.OpenDevice = func(ctx context.Context, kind string, index int) (metal.Device, error) {
			d, err := fakedevice.Open(ctx, kind, index)
			if err != nil {
				return nil, err
			}
			return wrap(d.(*fakedevice.Device)), nil
		}
		return p
	}
	both := []string{"stream", "copy"}
	cases := []struct {
		name, kind string
		wrap       func(*fakedevice.Device) metal.Device
		want       []string
		bytes      int64
		diagnostic string
	}{
		{"one that has them", "cpu", func(d *fakedevice.Device) metal.Device { return d }, both, 1 << 10, ""},
		{"one that is full", "cpu", func(d *fakedevice.Device) metal.Device { return full{d} }, both, 0, "out_of_device_memory"},
		{"one without", "cpu", func(d *fakedevice.Device) metal.Device { return plain{d} }, nil, 0, ""},
		{"a simulated one", "sim", func(d *fakedevice.Device) metal.Device { return d }, nil, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := testPlugin(new(int))
			p.Devices = []string{"cpu", "sim"}
			h := sdktest.Start(t, of(p, c.wrap))
			if got := h.Open(c.kind).GetYardsticks(); !slices.Equal(got, c.want) {
				t.Errorf("yardsticks %v, want %v", got, c.want)
			}
			for _, y := range c.want {
				r, err := h.Client.MeasureYardstick(t.Context(), &pluginv1.MeasureYardstickRequest{Yardstick: y})
				if err != nil {
					t.Fatal(err)
				}
				code := ""
				if d := r.GetDiagnostics(); len(d) > 0 {
					code = d[0].GetCode()
				}
				if r.GetBytes() != c.bytes || (r.GetNs() > 0) != (c.bytes > 0) || code != c.diagnostic {
					t.Errorf("%s: %v", y, r)
				}
			}
		})
	}
}

func TestYardstickBeforeTheDevice(t *testing.T) {
	h := sdktest.Start(t, testPlugin(new(int)))
	if _, err := h.Client.MeasureYardstick(t.Context(), &pluginv1.MeasureYardstickRequest{Yardstick: "stream"}); err == nil {
		t.Error("a yardstick was measured before a device was open")
	}
}
