package main

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// runKernel does a plan's launch once and returns what its arguments hold afterwards,
// by name. The kernel's arguments say where each is bound. Those bound inline are left
// out, since no kernel writes them.
func (p *plan) runKernel(ctx context.Context, dev metal.Device, kernel metal.Kernel, args []msl.Arg) (map[string][]byte, error) {
	d := metal.Dispatch{Kernel: kernel, Grid: p.grid, Threadgroup: p.group}
	buffers := map[string]metal.Buffer{}
	defer func() {
		for _, b := range buffers {
			b.Release()
		}
	}()
	for _, a := range args {
		if a.Space != msl.Device && a.Space != msl.Constant {
			continue
		}
		v, ok := p.values[a.Name]
		if !ok {
			if a.Enabled != "" {
				continue
			}
			return nil, fmt.Errorf("the family %q gives no value to argument %s", p.family, a.Name)
		}
		for len(d.Args) <= a.Index {
			d.Args = append(d.Args, metal.Arg{})
		}
		if v.inline {
			d.Args[a.Index].Bytes = v.data
			continue
		}
		b, err := dev.NewBuffer(len(v.data))
		if err != nil {
			return nil, err
		}
		buffers[a.Name] = b
		if err := b.Write(0, v.data); err != nil {
			return nil, err
		}
		d.Args[a.Index].Buffer = b
	}
	if _, err := dev.Submit(ctx, []metal.Dispatch{d}); err != nil {
		return nil, err
	}
	after := map[string][]byte{}
	for name, b := range buffers {
		after[name] = make([]byte, b.Len())
		if err := b.Read(0, after[name]); err != nil {
			return nil, err
		}
	}
	return after, nil
}
