package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/kernels"
)

// configuration is one that is being prepared.
type configuration struct {
	sdk.Request[Config]
	*resolved
	kernels  map[*launch]metal.Kernel
	contents map[*buffer][]byte
	steps    []map[*buffer]metal.Buffer
	made     []metal.Buffer
	verifier *verifier
}

func (p *parsed) prepare(ctx context.Context, req sdk.Request[Config]) (*sdk.Prepared, error) {
	r, faults := p.resolve(req.Config)
	if len(faults) > 0 {
		return nil, sdk.Faults(faults)
	}
	a := &configuration{Request: req, resolved: r, kernels: map[*launch]metal.Kernel{}, contents: map[*buffer][]byte{}}
	a.verifier = newVerifier(a)
	a.Cleanup(a.release)
	timed, err := a.prepare(ctx)
	if err != nil {
		return nil, err
	}
	return &sdk.Prepared{
		Phases: map[string]sdk.Timed{phase: timed}, Facts: a.facts(), Warnings: a.NotCold("inputs", a.size()*int64(len(a.steps))),
		Outputs: a.verifier.outputs, Numbers: a.verifier.numbers,
	}, nil
}

func (a *configuration) prepare(ctx context.Context) (p sdk.Timed, err error) {
	a.Progress("compile", 0)
	if err := a.compile(ctx); err != nil {
		return p, err
	}
	a.Progress("data", 0.3)
	if err := a.fill(); err != nil {
		return p, err
	}
	a.Progress("reference", 0.6)
	if err := a.verifier.reference(ctx); err != nil {
		return p, err
	}
	p = a.moved()
	p.Rotation, p.Verify = len(a.steps), a.verifier.verify
	for _, step := range a.steps {
		for _, b := range a.buffers {
			if b.output && !b.given() {
				p.Outputs = append(p.Outputs, metal.Arg{Buffer: step[b]})
			}
		}
	}
	p.Program, err = kernels.Replay(a.Device, len(a.steps), func(step int) ([]metal.Dispatch, error) {
		return a.dispatches(a.launches, a.steps[step]), nil
	})
	if err != nil {
		return p, sdk.Diagnostic{Code: "dispatch", Summary: "the device refuses a dispatch", Detail: err.Error() + "."}
	}
	return p, nil
}

// compile looks each kernel up; of one source it compiles once.
func (a *configuration) compile(ctx context.Context) error {
	libraries := map[*text]metal.Library{}
	for _, l := range a.all() {
		if libraries[l.text] == nil {
			library, err := a.Device.Compile(ctx, l.text.src)
			if err != nil {
				return notBuilt(l, err)
			}
			libraries[l.text] = library
		}
		k, err := libraries[l.text].Kernel(l.kernel.Name, l.constants)
		if err != nil {
			return notBuilt(l, err)
		}
		a.kernels[l] = k
	}
	return nil
}

// notBuilt gives an error about a source its place in the configuration.
func notBuilt(l *launch, err error) error {
	if errors.Is(err, metal.ErrUnsupported) {
		return sdk.Diagnostic{Path: l.from, Code: "compiled", Summary: "the source is of a kind that the device does not take", Detail: err.Error() + "."}
	}
	if !errors.Is(err, metal.ErrCompile) {
		return err
	}
	return sdk.Diagnostic{Path: l.from, Code: "kernel_build", Summary: "the kernel cannot be built for this device", Detail: err.Error()}
}

// fill makes the buffers of every step.
func (a *configuration) fill() error {
	for _, b := range a.buffers {
		data := spoilt(b.bytes(), firstPattern)
		if b.given() {
			var err error
			if data, err = b.contents(a.Seed); err != nil {
				return sdk.Diagnostic{Path: label("buffer", b.name) + ".file", Code: "file", Summary: "the file cannot be read", Detail: err.Error()}
			}
		}
		a.contents[b] = data
	}
	for range a.Copies(a.size()) {
		step := map[*buffer]metal.Buffer{}
		for _, b := range a.buffers {
			buf, err := a.buffer(a.contents[b])
			if err != nil {
				return fmt.Errorf("buffer %s: %w", b.name, err)
			}
			step[b] = buf
		}
		a.steps = append(a.steps, step)
	}
	return nil
}

func (a *configuration) buffer(data []byte) (metal.Buffer, error) {
	buf, err := a.Device.NewBuffer(len(data))
	if err != nil {
		return nil, err
	}
	a.made = append(a.made, buf)
	return buf, buf.Write(0, data)
}

func (a *configuration) dispatches(launches []*launch, step map[*buffer]metal.Buffer) []metal.Dispatch {
	var out []metal.Dispatch
	for _, l := range launches {
		d := metal.Dispatch{Kernel: a.kernels[l], Grid: l.grid, Threadgroup: l.threadgroup, ThreadgroupMemory: l.memory}
		for _, arg := range l.args {
			if arg.buffer != nil {
				d.Args = append(d.Args, metal.Arg{Buffer: step[arg.buffer]})
			} else {
				d.Args = append(d.Args, metal.Arg{Bytes: arg.bytes})
			}
		}
		out = append(out, d)
	}
	return out
}

// moved are the bytes that one iteration moves: as declared, or each buffer of
// each dispatch once.
func (a *configuration) moved() sdk.Timed {
	f := sdk.Timed{Units: a.units, Bytes: a.declared}
	var read, written int64
	for _, l := range a.launches {
		seen := map[*buffer]bool{}
		for _, arg := range l.args {
			if arg.buffer == nil || seen[arg.buffer] {
				continue
			}
			seen[arg.buffer] = true
			if arg.writes {
				written += int64(arg.buffer.bytes())
			} else {
				read += int64(arg.buffer.bytes())
			}
		}
	}
	if f.Bytes == 0 {
		f.Bytes = read + written
	}
	if 3*written > read+written {
		f.Yardstick = metal.Copy
	}
	return f
}

func (a *configuration) facts() map[string]string {
	l := a.launches[0]
	return map[string]string{
		"source": l.text.src.Name, "kernel": l.kernel.Name, "copies": fmt.Sprint(len(a.steps)),
		"grid": extent(l.grid), "threadgroup": extent(l.threadgroup), "dispatches": fmt.Sprint(len(a.launches)),
	}
}

func extent(s metal.Size) string { return fmt.Sprintf("%dx%dx%d", s.X, s.Y, s.Z) }

func (a *configuration) release() {
	for _, b := range a.made {
		b.Release()
	}
	a.made = nil
}
