package sdk

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu"
)

// noDevice is what a plugin with NoDevice is given: it is called what the cpu
// device of the machine is, so that the host's own measurements of the cpu stand
// beside the plugin's, and holds and runs nothing.
type noDevice struct{ info metal.Info }

var errNoDevice = errors.New("the plugin says NoDevice, so that it has neither memory nor kernels of a device")

// openNone is OpenDevice of plugins with NoDevice.
func openNone(_ context.Context, kind string, index int) (metal.Device, error) {
	if kind != string(metal.CPU) || index != 0 {
		return nil, fmt.Errorf("device %s:%d: %w: the plugin uses none and is measured as cpu", kind, index, metal.ErrUnavailable)
	}
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		return nil, err
	}
	info := dev.Info()
	info.Cores = runtime.GOMAXPROCS(0) // as of a cpu device that computes
	return &noDevice{info}, dev.Close()
}

func (d *noDevice) Info() metal.Info { return d.info }

func (d *noDevice) NewBuffer(int) (metal.Buffer, error) { return nil, errNoDevice }

func (d *noDevice) Compile(context.Context, metal.Source) (metal.Library, error) {
	return nil, errNoDevice
}

func (d *noDevice) Record(...[]metal.Dispatch) (metal.Program, error) { return nil, errNoDevice }

func (d *noDevice) Submit(context.Context, []metal.Dispatch) (metal.Times, error) {
	return metal.Times{}, errNoDevice
}

func (d *noDevice) Memory() metal.Memory { return metal.Memory{} }

func (d *noDevice) Dispatched(int) []metal.Dispatched { return nil }

func (d *noDevice) Close() error { return nil }
