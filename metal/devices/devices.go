// Package devices opens a device by the name a user gives it: apple, cuda, cpu, sim,
// or auto for the best one of this machine. It is the one place that knows every kind.
// Imported by core/cli and core/sdk.
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
	kind  metal.Kind
	count func() (int, error) // nil: there is one, without an index
	open  func(ctx context.Context, index int) (metal.Device, error)
}

// openers in the order that auto tries them. The simulator comes last and is
// never chosen by auto: its times are no measurements.
func openers() []opener {
	return []opener{
		{metal.Apple, apple.Count, func(_ context.Context, i int) (metal.Device, error) { return apple.Open(apple.Options{Index: i}) }},
		{metal.CUDA, cuda.Count, func(_ context.Context, i int) (metal.Device, error) { return cuda.Open(cuda.Options{Ordinal: i}) }},
		{metal.CPU, nil, func(context.Context, int) (metal.Device, error) { return cpu.Open(cpu.Options{}) }},
		{metal.Sim, nil, func(ctx context.Context, _ int) (metal.Device, error) { return sim.Open(ctx, sim.Options{}) }},
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

// Open opens the device of that kind and index, counted from 0; cpu, sim and auto
// have no other than 0. What this machine does not have gives
// metal.ErrUnavailable with the reason; auto falls through to the next kind only
// for that error, so that a broken GPU is not taken for a missing one.
func Open(ctx context.Context, kind string, index int) (metal.Device, error) {
	if !slices.Contains(Kinds(), kind) {
		return nil, fmt.Errorf("device %q: want %s", kind, strings.Join(Kinds(), ", "))
	}
	if index != 0 && kind == Auto {
		return nil, fmt.Errorf("device %s:%d: auto has no index; name the kind too, as in cuda:%d", kind, index, index)
	}
	for _, o := range openers() {
		if kind != Auto && kind != string(o.kind) {
			continue
		}
		if index != 0 && o.count == nil {
			return nil, fmt.Errorf("device %s:%d: %w: there is one %s, and it has no index; write %q", kind, index, metal.ErrUnavailable, kind, kind)
		}
		dev, err := o.open(ctx, index)
		if kind == Auto {
			dev, err = measurable(dev, err)
		}
		if err == nil || kind != Auto || !errors.Is(err, metal.ErrUnavailable) {
			return dev, err
		}
	}
	return nil, fmt.Errorf("device %s: %w", kind, metal.ErrUnavailable)
}

// measurable takes no device for auto whose times are no measurements, as those of a
// virtual machine's GPU are not: nothing could be concluded from it.
func measurable(dev metal.Device, err error) (metal.Device, error) {
	if err != nil || dev == nil || !dev.Info().Simulated {
		return dev, err
	}
	info := dev.Info()
	err = fmt.Errorf("device %s: %w for auto: its times are no measurements (%s); name it for the sake of correctness", info.Kind, metal.ErrUnavailable, info.Name)
	return nil, errors.Join(err, dev.Close())
}

// Among opens the device of that kind and index with open, for work that runs on
// the kinds able only; all if there are none. auto is the first of those that
// this machine has, and never sim; if it has none, the error is
// metal.ErrUnavailable with the reason of each.
func Among(ctx context.Context, open func(ctx context.Context, kind string, index int) (metal.Device, error), kind string, index int, able []string) (metal.Device, error) {
	if kind != Auto || len(able) == 0 || index != 0 {
		return open(ctx, kind, index)
	}
	var kinds []string
	var reasons []error
	for _, o := range openers() {
		if o.kind == metal.Sim || !slices.Contains(able, string(o.kind)) {
			continue
		}
		kinds = append(kinds, string(o.kind))
		dev, err := measurable(open(ctx, string(o.kind), 0))
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
