package front

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/yardstick"
	"github.com/assay-bench/assay/metal/msl"
)

// Device implements metal.Device over a backend.
type Device struct {
	backend   Backend
	kind      metal.Kind
	memory    metal.Memory
	buffers   map[*buffer]struct{}
	programs  map[*program]struct{}
	released  uint64 // buffers so far
	counts    counts
	closed    bool
	yardstick yardstick.GPU
}

var _ metal.Device = (*Device)(nil)

// New puts the front before a backend.
func New(b Backend) *Device {
	return &Device{
		backend: b, kind: b.Info().Kind,
		buffers: map[*buffer]struct{}{}, programs: map[*program]struct{}{}, counts: counts{},
	}
}

// Backend is what stands behind the front.
func (d *Device) Backend() Backend { return d.backend }

// Info implements metal.Device.
func (d *Device) Info() metal.Info { return d.backend.Info() }

// Memory implements metal.Device.
func (d *Device) Memory() metal.Memory { return d.memory }

// usable reports why the device cannot be used, if it cannot.
func (d *Device) usable() error {
	if d.closed {
		return fmt.Errorf("%s device: %w: it was closed", d.kind, metal.ErrLost)
	}
	if err := d.backend.Lost(); err != nil {
		return fmt.Errorf("%s device: %w: %w", d.kind, metal.ErrLost, err)
	}
	return nil
}

// Close implements metal.Device.
func (d *Device) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	err := d.backend.Close(func() {
		for p := range d.programs {
			p.own.Free()
		}
		for b := range d.buffers {
			b.memory.Free()
		}
	})
	for b := range d.buffers {
		b.memory = nil
	}
	d.buffers, d.programs, d.memory.Current = nil, nil, 0
	return err
}

// Compile implements metal.Device.
func (d *Device) Compile(ctx context.Context, src metal.Source) (metal.Library, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("compile %s: %w", src.Name, err)
	}
	src, source, err := d.source(src)
	if err != nil {
		return nil, err
	}
	own, err := d.backend.Compile(ctx, src)
	if err != nil {
		return nil, err
	}
	return &library{d: d, own: own, source: source, text: src, found: map[string]metal.Kernel{}}, nil
}

// library is a compiled source. What was looked up once is found again without
// the backend, which reads, renders and hashes the source for it.
type library struct {
	d      *Device
	own    Library
	source string       // digest
	text   metal.Source // where kernels do not know their arguments: read into unit once
	unit   *msl.Unit
	found  map[string]metal.Kernel // by name and function constants
}

func (l *library) Names() []string { return l.own.Names() }

func (l *library) Kernel(name string, constants map[int]any) (metal.Kernel, error) {
	if err := l.d.usable(); err != nil {
		return nil, err
	}
	text := constantsText(constants)
	if l.d.kind.Native() { // reads no function constants
		text = ""
	}
	key := name + "\x00" + text
	if k := l.found[key]; k != nil {
		return k, nil
	}
	own, err := l.own.Kernel(name, constants)
	if err != nil {
		return nil, err
	}
	k := l.d.Kernel(own, name, text, l.source).(*kernel)
	if _, ok := own.(Declarer); !ok {
		k.declared = l.read(name)
	}
	l.found[key] = k
	return l.found[key], nil
}

// Kernel puts the front before a backend's kernel. The three texts are what it is
// told apart by in Dispatched.
func (d *Device) Kernel(own Kernel, name, constants, source string) metal.Kernel {
	k := &kernel{d: d, own: own, name: name, constants: constants, source: source, threads: own.MaxThreads(), memory: own.MaxGroupMemory()}
	k.id = k.identity()
	if declarer, ok := own.(Declarer); ok {
		k.declared = declarer.Arguments()
	}
	return k
}

// kernel is a function of a library.
type kernel struct {
	d                       *Device
	own                     Kernel
	name, constants, source string
	threads, memory         int
	declared                []Argument
	id                      uint64 // of the three texts
}

func (k *kernel) Name() string    { return k.name }
func (k *kernel) MaxThreads() int { return k.threads }

// Submit implements metal.Device. The checks are part of what it costs to decide
// everything again, the count is not.
func (d *Device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	begin := time.Now()
	if err := d.usable(); err != nil {
		return metal.Times{}, err
	}
	for i := range dispatches {
		if err := d.check(&dispatches[i]); err != nil {
			return metal.Times{}, fmt.Errorf("submit: dispatch %d: %w", i, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return metal.Times{}, fmt.Errorf("submit: %w", err)
	}
	checked := time.Since(begin)
	t, err := d.backend.Submit(ctx, dispatches)
	if err != nil {
		return t, err
	}
	t.Encode += checked
	t.Wall += checked
	for i := range dispatches {
		d.counts.of(&dispatches[i]).once++
	}
	return t, nil
}
