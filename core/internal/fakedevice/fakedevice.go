// Package fakedevice is a metal.Device without kernels, for tests of what stands above
// the device layer. Imported by core/internal/badplugin/assay-plugin-bad.
package fakedevice

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/assay-bench/assay/metal"
)

// Open makes a Device, a simulated one of kind sim; cuda and apple are never
// available. There is one for each index.
func Open(_ context.Context, kind string, index int) (metal.Device, error) {
	switch metal.Kind(kind) {
	case metal.Apple, metal.CUDA:
		return nil, fmt.Errorf("%s: %w", kind, metal.ErrUnavailable)
	}
	return &Device{index: index, simulated: kind == string(metal.Sim)}, nil
}

// Device holds buffers and runs nothing.
type Device struct {
	index     int
	simulated bool
	mu        sync.Mutex
	memory    metal.Memory
}

// Info implements metal.Device.
func (d *Device) Info() metal.Info {
	i := metal.Info{Kind: metal.CPU, Index: d.index, Name: "fake", Family: "fake", Cores: 1, Memory: 1 << 30, LastCache: 1 << 20}
	if d.simulated {
		i.Kind, i.Simulated = metal.Sim, true
	}
	return i
}

// NewBuffer implements metal.Device; more than 1 GiB is out of memory.
func (d *Device) NewBuffer(bytes int) (metal.Buffer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if bytes < 0 || d.memory.Current+int64(bytes) > 1<<30 {
		return nil, fmt.Errorf("%d bytes: %w", bytes, metal.ErrOutOfMemory)
	}
	d.memory.Current += int64(bytes)
	d.memory.Peak = max(d.memory.Peak, d.memory.Current)
	return &buffer{d, make([]byte, bytes)}, nil
}

var errNoKernels = errors.New("the fake device has no kernels")

// Compile implements metal.Device.
func (d *Device) Compile(context.Context, metal.Source) (metal.Library, error) {
	return nil, fmt.Errorf("%w: %w", metal.ErrCompile, errNoKernels)
}

// Record implements metal.Device.
func (d *Device) Record(...[]metal.Dispatch) (metal.Program, error) { return nil, errNoKernels }

// Submit implements metal.Device.
func (d *Device) Submit(context.Context, []metal.Dispatch) (metal.Times, error) {
	return metal.Times{}, errNoKernels
}

// Memory implements metal.Device.
func (d *Device) Memory() metal.Memory {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.memory
}

// Dispatched implements metal.Device.
func (d *Device) Dispatched(int) []metal.Dispatched { return nil }

// Yardstick implements metal.Yardsticker: 1 KiB in 10 µs, always.
func (d *Device) Yardstick(context.Context, metal.Yardstick) (metal.Moved, error) {
	return metal.Moved{Bytes: 1 << 10, Time: 10 * time.Microsecond}, nil
}

// Close implements metal.Device.
func (d *Device) Close() error { return nil }

type buffer struct {
	d    *Device
	data []byte
}

func (b *buffer) Len() int { return len(b.data) }

func (b *buffer) Write(offset int, data []byte) error {
	if offset < 0 || offset+len(data) > len(b.data) {
		return errors.New("write out of bounds")
	}
	copy(b.data[offset:], data)
	return nil
}

func (b *buffer) Read(offset int, data []byte) error {
	if offset < 0 || offset+len(data) > len(b.data) {
		return errors.New("read out of bounds")
	}
	copy(data, b.data[offset:])
	return nil
}

func (b *buffer) Bytes() []byte { return b.data }

func (b *buffer) Release() {
	b.d.mu.Lock()
	defer b.d.mu.Unlock()
	b.d.memory.Current -= int64(len(b.data))
	b.data = nil
}
