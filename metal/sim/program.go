package sim

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/msl"
)

// call is a dispatch as a command, without the module's number: that is the
// child's, and children come and go.
type call struct {
	kernel  *kernel
	command string
	memory  []*memory
}

// bind writes a dispatch with its kernel's arguments.
func bind(s *metal.Dispatch) call {
	k := front.Own[*kernel](s.Kernel)
	c := call{kernel: k}
	var b strings.Builder
	fmt.Fprintf(&b, "%s", k.k.Symbol)
	for _, size := range []metal.Size{s.Grid, s.Threadgroup} {
		fmt.Fprintf(&b, " %d %d %d", size.X, max(size.Y, 1), max(size.Z, 1))
	}
	args, groups := slices.Repeat([]string{"n"}, front.MaxArgs), make([]int, front.MaxArgs)
	for _, a := range k.k.Args {
		switch a.Space {
		case msl.Device, msl.Constant:
			text, m := argument(s, a.Index)
			if m != nil {
				c.memory = append(c.memory, m)
			}
			args[a.Index] = text
		case msl.Threadgroup:
			if a.Index < len(s.ThreadgroupMemory) {
				groups[a.Index] = s.ThreadgroupMemory[a.Index]
			}
		}
	}
	fmt.Fprintf(&b, " %d %s %d", len(args), strings.Join(args, " "), len(groups))
	for _, n := range groups {
		fmt.Fprintf(&b, " %d", n)
	}
	c.command = b.String()
	return c
}

// argument is one argument as the child reads it: none where the kernel was
// compiled without it.
func argument(s *metal.Dispatch, index int) (string, *memory) {
	if index >= len(s.Args) || s.Args[index].Buffer == nil && len(s.Args[index].Bytes) == 0 {
		return "n", nil
	}
	arg := s.Args[index]
	if arg.Buffer == nil {
		return "i " + hex.EncodeToString(arg.Bytes), nil
	}
	m := front.MemoryOf[*memory](arg.Buffer)
	return fmt.Sprintf("b %d %d", m.id, arg.Offset), m
}

// run has the child do one dispatch and returns its time.
func (d *device) run(ctx context.Context, c *call) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("kernel %s: %w", c.kernel.name(), err)
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
	for _, m := range c.memory {
		if err := d.host.mapMemory(ctx, m); err != nil {
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
			return fmt.Errorf("kernel %s: %w: the device was closed", c.kernel.name(), metal.ErrLost)
		}
		return fmt.Errorf("kernel %s: %w: %w", c.kernel.name(), metal.ErrFault, dead)
	}
	at := c.kernel.place(parseFault(d.host.where()), d.host.paths)
	if at != "" {
		at = " in " + at
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("kernel %s: %w: still running%s when the wait was called off: %w", c.kernel.name(), metal.ErrTimeout, at, cause)
	}
	return fmt.Errorf("kernel %s: %w: %w%s", c.kernel.name(), metal.ErrTimeout, err, at)
}

// program is a recorded rotation of bound dispatches.
type program struct {
	d          *device
	iterations [][]call
	next       int
}

// Record binds every dispatch.
func (d *device) Record(iterations [][]metal.Dispatch) (front.Program, error) {
	p := &program{d: d}
	for _, dispatches := range iterations {
		p.iterations = append(p.iterations, bindAll(dispatches))
	}
	return p, nil
}

func bindAll(dispatches []metal.Dispatch) []call {
	calls := make([]call, len(dispatches))
	for i := range dispatches {
		calls[i] = bind(&dispatches[i])
	}
	return calls
}

// Run replays n iterations.
func (p *program) Run(ctx context.Context, n int) (metal.Times, error) {
	begin := time.Now()
	var t metal.Times
	for range n {
		calls := p.iterations[p.next]
		p.next = (p.next + 1) % len(p.iterations)
		if err := p.d.runAll(ctx, calls, &t); err != nil {
			return t, err
		}
	}
	return since(begin, t), nil
}

func (p *program) Free() {}

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
	begin := time.Now()
	calls := bindAll(dispatches)
	var t metal.Times
	if err := d.runAll(ctx, calls, &t); err != nil {
		return t, err
	}
	return since(begin, t), nil
}

// since completes the times of what began then: what was not the device's is encoding.
func since(begin time.Time, t metal.Times) metal.Times {
	t.Wall = time.Since(begin)
	t.Encode = max(t.Wall-t.Device, 0)
	return t
}
