// Package devices opens a device by the name a user gives it: apple, cuda,
// cpu, sim, or auto for the best one of this machine. It is the one place that
// knows every kind. Imported by the SDK, the command line and the device suite.
package devices

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/apple"
	"github.com/assay-bench/assay/metal/cpu"
	"github.com/assay-bench/assay/metal/cuda"
	"github.com/assay-bench/assay/metal/sim"
)

// Auto is the name that means apple, else cuda, else cpu.
const Auto = "auto"

type opener struct {
	kind metal.Kind
	open func(context.Context) (metal.Device, error)
}

// openers in the order that auto tries them. The simulator comes last and is
// never chosen by auto: its times are no measurements.
func openers() []opener {
	return []opener{
		{metal.Apple, func(context.Context) (metal.Device, error) { return apple.Open(apple.Options{}) }},
		{metal.CUDA, func(context.Context) (metal.Device, error) { return cuda.Open(cuda.Options{}) }},
		{metal.CPU, func(context.Context) (metal.Device, error) { return cpu.Open(cpu.Options{}) }},
		{metal.Sim, func(ctx context.Context) (metal.Device, error) { return sim.Open(ctx, sim.Options{}) }},
	}
}

// Kinds lists the names that Open accepts.
func Kinds() []string {
	names := []string{Auto}
	for _, o := range openers() {
		names = append(names, string(o.kind))
	}
	return names
}

// Open opens the device of that kind. A kind that this machine does not have
// gives metal.ErrUnavailable with the reason; auto falls through to the next
// kind only for that error, so that a broken GPU is not taken for a missing one.
func Open(ctx context.Context, kind string) (metal.Device, error) {
	if !slices.Contains(Kinds(), kind) {
		return nil, fmt.Errorf("device %q: want %s", kind, strings.Join(Kinds(), ", "))
	}
	for _, o := range openers() {
		if kind != Auto && kind != string(o.kind) {
			continue
		}
		dev, err := o.open(ctx)
		if err == nil || kind != Auto || !errors.Is(err, metal.ErrUnavailable) {
			return dev, err
		}
	}
	return nil, fmt.Errorf("device %s: %w", kind, metal.ErrUnavailable)
}

// Among opens the device of that kind with open, for work that runs on the kinds
// able only; all if there are none. auto is the first of those that this machine
// has, and never sim; if it has none, the error is metal.ErrUnavailable with the
// reason of each.
func Among(ctx context.Context, open func(ctx context.Context, kind string) (metal.Device, error), kind string, able []string) (metal.Device, error) {
	if kind != Auto || len(able) == 0 {
		return open(ctx, kind)
	}
	var kinds []string
	var reasons []error
	for _, o := range openers() {
		if o.kind == metal.Sim || !slices.Contains(able, string(o.kind)) {
			continue
		}
		kinds = append(kinds, string(o.kind))
		dev, err := open(ctx, string(o.kind))
		if err == nil || !errors.Is(err, metal.ErrUnavailable) {
			return dev, err
		}
		reasons = append(reasons, err)
	}
	if len(kinds) == 0 {
		return nil, fmt.Errorf("%w: auto takes none of %s", metal.ErrUnavailable, strings.Join(able, ", "))
	}
	return nil, fmt.Errorf("this machine has no %s: %w", strings.Join(kinds, " or "), errors.Join(reasons...))
}

// Status says whether a kind of device can be used on this machine.
type Status struct {
	Kind      metal.Kind  `json:"kind"`
	Available bool        `json:"available"`
	Reason    string      `json:"reason,omitempty"` // why it is not available
	Info      *metal.Info `json:"info,omitempty"`   // when it is
}

// List tries every kind, opening and closing each.
func List(ctx context.Context) []Status {
	var out []Status
	for _, o := range openers() {
		status := Status{Kind: o.kind}
		dev, err := o.open(ctx)
		if err == nil {
			info := dev.Info()
			status.Available, status.Info = true, &info
			err = dev.Close()
		}
		if err != nil {
			status.Reason = err.Error()
		}
		out = append(out, status)
	}
	return out
}
