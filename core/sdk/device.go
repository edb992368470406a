package sdk

import (
	"context"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

// opener opens a device by kind (apple, cuda, cpu, sim or auto) and index.
type opener = func(ctx context.Context, kind string, index int) (metal.Device, error)

// openDevice opens what is asked for among the kinds that the plugin runs on.
func openDevice(ctx context.Context, open opener, kind string, index int, runsOn []string) (metal.Device, error) {
	if kind != devices.Auto && len(runsOn) > 0 && !slices.Contains(runsOn, kind) {
		return nil, Diagnostic{
			Summary: "plugin does not run on " + kind, Code: "device_unsupported",
			Detail: "It runs on " + strings.Join(runsOn, ", ") + ".",
		}
	}
	return devices.Among(ctx, open, kind, index, runsOn)
}

func protoDevice(d metal.Device) *pluginv1.Device {
	i := d.Info()
	return &pluginv1.Device{
		Kind: string(i.Kind), Index: uint32(i.Index), Name: i.Name, Family: i.Family, Cores: int32(i.Cores),
		MemoryBytes: i.Memory, LastCacheBytes: i.LastCache, Driver: i.Driver,
		OsBuild: i.OSBuild, Simulated: i.Simulated, Facts: i.Facts, Yardsticks: yardsticksOf(d),
	}
}
