package sim

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// maxBytes is the most that an argument given as bytes may have, as in Metal.
const maxBytes = 4096

// maxGroupBytes is the most threadgroup memory that a kernel may have, as on
// every Apple GPU. runtime/worker.h has it too, where variables count as well.
const maxGroupBytes = 32 << 10

// call is a dispatch as a command, without the module's number: that is the
// child's, and children come and go.
type call struct {
	kernel  *kernel
	command string
	buffers []*buffer
}

// bind checks a dispatch against its kernel's arguments.
func (d *device) bind(s *metal.Dispatch) (call, error) {
	k, ok := s.Kernel.(*kernel)
	if !ok || k == nil || k.d != d {
		return call{}, errors.New("sim: dispatch of a kernel that this device did not compile")
	}
	c := call{kernel: k}
	var b strings.Builder
	fmt.Fprintf(&b, "%s", k.k.Symbol)
	for _, size := range []metal.Size{s.Grid, s.Threadgroup} {
		if size.X < 0 || size.Y < 0 || size.Z < 0 || size.X > 1<<31-1 || size.Y > 1<<31-1 || size.Z > 1<<31-1 {
			return c, fmt.Errorf("kernel %s: grid %v, threadgroup %v: extents must be from 1 to 2^31-1", k.Name(), s.Grid, s.Threadgroup)
		}
		fmt.Fprintf(&b, " %d %d %d", max(size.X, 1), max(size.Y, 1), max(size.Z, 1))
	}
	// Each extent by itself as well: their product may not fit an int.
	if n := s.Threadgroup.Threads(); max(n, s.Threadgroup.X, s.Threadgroup.Y, s.Threadgroup.Z) > k.MaxThreads() {
		return c, fmt.Errorf("kernel %s: threadgroup of %d threads, at most %d", k.Name(), n, k.MaxThreads())
	}
	args := make([]string, 31)
	for i := range args {
		args[i] = "n"
	}
	for _, a := range k.k.Args {
		if a.Space != msl.Device && a.Space != msl.Constant {
			continue
		}
		text, buf, err := d.argument(s, a)
		if err != nil {
			return c, fmt.Errorf("kernel %s: argument %d (%s): %w", k.Name(), a.Index, a.Name, err)
		}
		if buf != nil {
			c.buffers = append(c.buffers, buf)
		}
		args[a.Index] = text
	}
	fmt.Fprintf(&b, " %d %s", len(args), strings.Join(args, " "))
	groups, total := make([]int, 31), 0
	for _, a := range k.k.Args {
		if a.Space != msl.Threadgroup {
			continue
		}
		if a.Index >= len(s.ThreadgroupMemory) || s.ThreadgroupMemory[a.Index] <= 0 {
			return c, fmt.Errorf("kernel %s: threadgroup argument %d (%s) has no size", k.Name(), a.Index, a.Name)
		}
		groups[a.Index] = s.ThreadgroupMemory[a.Index]
		if total += min(groups[a.Index], maxGroupBytes+1); total > maxGroupBytes { // of any size: no sum overflows
			return c, fmt.Errorf("kernel %s: threadgroup argument %d (%s) of %d bytes: more than %d bytes of threadgroup memory, which is what an Apple GPU has",
				k.Name(), a.Index, a.Name, groups[a.Index], maxGroupBytes)
		}
	}
	fmt.Fprintf(&b, " %d", len(groups))
	for _, n := range groups {
		fmt.Fprintf(&b, " %d", n)
	}
	c.command = b.String()
	return c, nil
}

// argument is one argument as the child reads it.
func (d *device) argument(s *metal.Dispatch, a msl.Arg) (string, *buffer, error) {
	if a.Index >= len(s.Args) || s.Args[a.Index].Buffer == nil && len(s.Args[a.Index].Bytes) == 0 {
		if a.Enabled != "" {
			return "n", nil, nil // the kernel was compiled without it
		}
		return "", nil, fmt.Errorf("is not bound: %d arguments are given", len(s.Args))
	}
	arg := s.Args[a.Index]
	if arg.Buffer == nil {
		if len(arg.Bytes) > maxBytes {
			return "", nil, fmt.Errorf("%d bytes, at most %d can be copied: use a buffer", len(arg.Bytes), maxBytes)
		}
		return "i " + hex.EncodeToString(arg.Bytes), nil, nil
	}
	b, ok := arg.Buffer.(*buffer)
	if !ok || b.d != d {
		return "", nil, errors.New("buffer of another device")
	}
	if err := b.inside(arg.Offset, 1); err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("b %d %d", b.id, arg.Offset), b, nil
}

// run has the child do one dispatch and returns its time.
func (d *device) run(ctx context.Context, c *call) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("kernel %s: %w", c.kernel.Name(), err)
	}
	if d.host == nil {
		h, err := startHost(ctx, d.program, d.o.Workers)
		if err != nil {
			return 0, err
		}
		d.host = h
	}
	module, err := d.host.load(ctx, c.kernel.module)
	if err != nil {
		return 0, d.drop(err)
	}
	for _, b := range c.buffers {
		if b.mem == nil {
			return 0, fmt.Errorf("kernel %s: a buffer it was recorded with was released", c.kernel.Name())
		}
		if err := d.host.mapBuffer(ctx, b); err != nil {
			return 0, d.drop(err)
		}
	}
	line, err := d.host.call(ctx, d.o.Timeout, "run "+strconv.Itoa(module)+" "+c.command)
	if err != nil {
		return 0, d.drop(d.interrupted(ctx, c, err))
	}
	if ns, ok := strings.CutPrefix(line, "ok "); ok {
		n, err := strconv.ParseInt(ns, 10, 64)
		if err != nil {
			return 0, d.drop(fmt.Errorf("sim: answer %q: %w", line, err))
		}
		return time.Duration(n), nil
	}
	return 0, d.drop(c.kernel.fault(line, d.host.paths))
}

// drop gives the child up: after an error nobody knows its state.
func (d *device) drop(err error) error {
	d.host.kill()
	d.host = nil
	return err
}

// interrupted explains a run that gave no answer.
func (d *device) interrupted(ctx context.Context, c *call, err error) error {
	var dead *died
	if errors.As(err, &dead) {
		if d.closed {
			return fmt.Errorf("kernel %s: %w: the device was closed", c.kernel.Name(), metal.ErrLost)
		}
		return fmt.Errorf("kernel %s: %w: %w", c.kernel.Name(), metal.ErrFault, dead)
	}
	at := c.kernel.place(parseFault(d.host.where()), d.host.paths)
	if at != "" {
		at = " in " + at
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("kernel %s: %w: still running%s when the wait was called off: %w", c.kernel.Name(), metal.ErrTimeout, at, cause)
	}
	return fmt.Errorf("kernel %s: %w: %w%s", c.kernel.Name(), metal.ErrTimeout, err, at)
}

// program is a recorded rotation of bound dispatches.
type program struct {
	d          *device
	iterations [][]call
	next       int
	released   bool
}

// Record binds every dispatch.
func (d *device) Record(iterations ...[]metal.Dispatch) (metal.Program, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	if len(iterations) == 0 {
		return nil, errors.New("sim: record: no iterations")
	}
	p := &program{d: d}
	for i, dispatches := range iterations {
		if len(dispatches) == 0 {
			return nil, fmt.Errorf("sim: record: iteration %d has no dispatches", i)
		}
		calls, err := d.bindAll(dispatches)
		if err != nil {
			return nil, err
		}
		p.iterations = append(p.iterations, calls)
	}
	return p, nil
}

func (d *device) bindAll(dispatches []metal.Dispatch) ([]call, error) {
	calls := make([]call, len(dispatches))
	for i := range dispatches {
		var err error
		if calls[i], err = d.bind(&dispatches[i]); err != nil {
			return nil, err
		}
	}
	return calls, nil
}

// Run replays n iterations.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
	if p.released {
		return metal.Times{}, errors.New("sim: run: the program was released")
	}
	if n < 1 {
		return metal.Times{}, fmt.Errorf("sim: run of %d iterations: want at least 1", n)
	}
	if err := p.d.usable(); err != nil {
		return metal.Times{}, err
	}
	begin := time.Now()
	var t metal.Times
	for range n {
		calls := p.iterations[p.next]
		p.next = (p.next + 1) % len(p.iterations)
		if err := p.d.runAll(ctx, calls, &t); err != nil {
			return t, err
		}
	}
	t.Wall = time.Since(begin)
	t.Encode = max(t.Wall-t.Device, 0)
	return t, nil
}

func (p *program) Release() { p.released = true }

func (d *device) runAll(ctx context.Context, calls []call, t *metal.Times) error {
	for i := range calls {
		took, err := d.run(ctx, &calls[i])
		if err != nil {
			return err
		}
		t.Device += took
	}
	return nil
}

// Submit binds and runs dispatches once.
func (d *device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	if err := d.usable(); err != nil {
		return metal.Times{}, err
	}
	begin := time.Now()
	calls, err := d.bindAll(dispatches)
	if err != nil {
		return metal.Times{}, err
	}
	var t metal.Times
	if err := d.runAll(ctx, calls, &t); err != nil {
		return t, err
	}
	t.Wall = time.Since(begin)
	t.Encode = max(t.Wall-t.Device, 0)
	return t, nil
}
