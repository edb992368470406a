// Package yardstick measures the memory of devices that run Metal sources.
package yardstick

import (
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"

	"github.com/assay-bench/assay/metal"
)

//go:embed yardstick.metal
var source string

const (
	passes = 4 // of which the fastest counts
	// The memory is many times the last cache, so that what a pass leaves there
	// for the next one does not matter.
	least  = 256 << 20
	caches = 16

	vector     = 16 // bytes
	perThread  = 8  // vectors
	groupWidth = 256
)

// GPU measures one device, and keeps the kernels.
type GPU struct{ library metal.Library }

// Measure runs a yardstick over memory of its own, by the GPU's clock.
func (g *GPU) Measure(ctx context.Context, dev metal.Device, y metal.Yardstick) (metal.Moved, error) {
	return g.Over(ctx, dev, y, max(least, caches*int(dev.Info().LastCache)))
}

// Over is Measure over so many bytes.
func (g *GPU) Over(ctx context.Context, dev metal.Device, y metal.Yardstick, bytes int) (m metal.Moved, err error) {
	if y != metal.Stream && y != metal.Copy {
		return m, fmt.Errorf("yardstick %q: this device has %s and %s", y, metal.Stream, metal.Copy)
	}
	written := 4
	if y == metal.Copy {
		bytes /= 2
		written = bytes
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("yardstick %s: %w", y, err)
		}
	}()
	if g.library == nil {
		if g.library, err = dev.Compile(ctx, metal.Source{Name: "yardstick.metal", Text: source}); err != nil {
			return m, err
		}
	}
	kernel, err := g.library.Kernel(string(y), nil)
	if err != nil {
		return m, err
	}
	from, err := dev.NewBuffer(bytes)
	if err != nil {
		return m, err
	}
	defer from.Release()
	to, err := dev.NewBuffer(written)
	if err != nil {
		return m, err
	}
	defer to.Release()
	vectors := bytes / vector
	pass := []metal.Dispatch{{
		Kernel:      kernel,
		Args:        []metal.Arg{{Buffer: from}, {Buffer: to}, {Bytes: binary.LittleEndian.AppendUint32(nil, uint32(vectors))}},
		Grid:        metal.Size{X: max(1, vectors/perThread)},
		Threadgroup: metal.Size{X: groupWidth},
	}}
	moved := int64(bytes)
	if y == metal.Copy {
		moved *= 2
	}
	for range passes {
		t, err := dev.Submit(ctx, pass)
		if err != nil {
			return m, err
		}
		if t.Device <= 0 {
			return metal.Moved{}, fmt.Errorf("the device tells no times")
		}
		if m.Time == 0 || t.Device < m.Time {
			m = metal.Moved{Bytes: moved, Time: t.Device}
		}
	}
	return m, nil
}
