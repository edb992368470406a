package sdk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/metal"
)

// Opener opens a device by kind: apple, cuda, cpu, sim or auto.
type Opener func(ctx context.Context, kind string) (metal.Device, error)

// Option changes how a plugin is served.
type Option func(*options)

type options struct{ open Opener }

// WithDevices replaces metal/devices.Open, for tests and for plugins that
// bring their own device.
func WithDevices(open Opener) Option { return func(o *options) { o.open = open } }

// autoOrder is what auto means for a plugin that runs on some kinds only.
// Simulation is never chosen: no timing of it counts.
var autoOrder = []string{string(metal.Apple), string(metal.CUDA), string(metal.CPU)}

// openDevice opens the kind asked for among those that the plugin runs on.
func openDevice(ctx context.Context, open Opener, kind string, runsOn []string) (metal.Device, error) {
	if len(runsOn) == 0 {
		return open(ctx, kind)
	}
	if kind != "auto" {
		if !slices.Contains(runsOn, kind) {
			return nil, Diagnostic{
				Summary: "plugin does not run on " + kind, Code: "device_unsupported",
				Detail: "It runs on " + strings.Join(runsOn, ", ") + ".",
			}
		}
		return open(ctx, kind)
	}
	var reasons []error
	for _, kind := range autoOrder {
		if !slices.Contains(runsOn, kind) {
			continue
		}
		device, err := open(ctx, kind)
		if err == nil || !errors.Is(err, metal.ErrUnavailable) {
			return device, err
		}
		reasons = append(reasons, err)
	}
	return nil, fmt.Errorf("%w: the plugin runs on %s: %w", metal.ErrUnavailable, strings.Join(runsOn, ", "), errors.Join(reasons...))
}

func protoDevice(i metal.Info) *pluginv1.Device {
	return &pluginv1.Device{
		Kind: string(i.Kind), Name: i.Name, Family: i.Family, Cores: int32(i.Cores),
		MemoryBytes: i.Memory, LastCacheBytes: i.LastCache, Driver: i.Driver,
		OsBuild: i.OSBuild, Simulated: i.Simulated, Facts: i.Facts,
	}
}
