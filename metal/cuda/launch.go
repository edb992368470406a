package cuda

import (
	"context"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// maxBytes is the most that an argument given as bytes may have, as in Metal.
const maxBytes = 4096

// launchConfig is CUlaunchConfig.
type launchConfig struct {
	grid, block [3]uint32
	shared      uint32
	_           uint32
	stream      uintptr
	attributes  *launchAttribute
	count       uint32
	_           uint32
}

// launchAttribute is CUlaunchAttribute with an int32 value.
type launchAttribute struct {
	id    uint32
	_     uint32
	value int32
	_     [15]int32
}

// overlap lets a kernel's launch overlap the end of the one before it; the
// entry points wait for that one's writes before they do anything.
// CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION.
func overlap() *launchAttribute { return &launchAttribute{id: 6, value: 1} }

// launch is a dispatch in the form that the driver wants. The driver copies
// everything during the call.
type launch struct {
	config   launchConfig
	function uintptr
	values   []byte    // all arguments, each at a multiple of 16
	pointers []uintptr // into values, one per parameter
	kernel   *kernel
}

// launcher marshals dispatches; temporary holds bytes bound to pointer arguments.
type launcher struct {
	temporary map[string]*Buffer
}

// prepare checks a dispatch and fills l, reusing its memory.
func (d *Device) prepare(l *launch, s *metal.Dispatch) error {
	k, ok := s.Kernel.(*kernel)
	if !ok || k == nil || k.d != d {
		return fmt.Errorf("cuda: dispatch of a kernel that this device did not compile")
	}
	l.kernel, l.function = k, k.function
	if err := l.shape(d, k, s); err != nil {
		return fmt.Errorf("kernel %s: %w", k.name, err)
	}
	l.values, l.pointers = l.values[:0], l.pointers[:0]
	offset := uint32(0)
	for i := range k.params {
		if err := d.argument(l, s, &k.params[i], &offset); err != nil {
			return fmt.Errorf("kernel %s: %w", k.name, err)
		}
	}
	// Only now values does not move any more.
	base := uintptr(unsafe.Pointer(unsafe.SliceData(l.values)))
	for i := range l.pointers {
		l.pointers[i] += base
	}
	return nil
}

// shape checks and sets the grid, threadgroup and threadgroup memory.
func (l *launch) shape(d *Device, k *kernel, s *metal.Dispatch) error {
	grid, group := axes(s.Grid), axes(s.Threadgroup)
	threads := s.Threadgroup.Threads()
	if max(threads, group[0], group[1], group[2]) > k.maxThreads { // the product may not fit an int
		return fmt.Errorf("threadgroup of %d threads, at most %d", threads, k.maxThreads)
	}
	limits := [3]int{1<<31 - 1, 65535, 65535}
	for a := range grid {
		if grid[a] < 1 || group[a] < 1 {
			return fmt.Errorf("grid %v and threadgroup %v: want positive extents", s.Grid, s.Threadgroup)
		}
		groups := (grid[a] + group[a] - 1) / group[a]
		if groups > limits[a] {
			return fmt.Errorf("%d threadgroups along axis %d, CUDA allows %d", groups, a, limits[a])
		}
		l.config.grid[a], l.config.block[a] = uint32(groups), uint32(group[a])
	}
	shared := 0
	for i, n := range s.ThreadgroupMemory {
		if n < 0 {
			return fmt.Errorf("threadgroup argument %d of %d bytes", i, n)
		}
		shared += (n + 15) &^ 15
	}
	if shared > k.maxShared {
		return fmt.Errorf("%d bytes of threadgroup memory beside the kernel's own %d: the GPU has %d", shared, k.shared, k.maxShared+k.shared)
	}
	const always = 48 << 10 // beyond this CUDA wants to be told
	if shared+k.shared > always && shared > k.raised {
		if err := d.check("cuFuncSetAttribute", d.cu.FuncSetAttribute.call(k.function, funcMaxDynamicMem, uintptr(shared))); err != nil {
			return err
		}
		k.raised = shared
	}
	l.config.shared, l.config.stream = uint32(shared), d.stream
	return nil
}

// axes gives a size's extents; zero counts as one.
func axes(s metal.Size) [3]int {
	a := [3]int{s.X, s.Y, s.Z}
	for i := range a {
		if a[i] == 0 {
			a[i] = 1
		}
	}
	return a
}

// argument appends the value of one parameter.
func (d *Device) argument(l *launch, s *metal.Dispatch, p *param, offset *uint32) error {
	switch p.Kind {
	case msl.ParamGridX, msl.ParamGridY, msl.ParamGridZ:
		l.word(uint32(axes(s.Grid)[p.Kind-msl.ParamGridX]))
		return nil
	case msl.ParamThreadgroupOffset:
		if p.Index >= len(s.ThreadgroupMemory) {
			return fmt.Errorf("threadgroup argument %d (%s) has no size", p.Index, p.name)
		}
		l.word(*offset)
		*offset += uint32(s.ThreadgroupMemory[p.Index]+15) &^ 15
		return nil
	}
	if p.Index >= len(s.Args) {
		return fmt.Errorf("argument %d (%s) is missing: %d are given", p.Index, p.name, len(s.Args))
	}
	a := &s.Args[p.Index]
	if len(a.Bytes) > maxBytes {
		return fmt.Errorf("argument %d (%s): %d bytes, at most %d can be copied: use a buffer", p.Index, p.name, len(a.Bytes), maxBytes)
	}
	if p.Kind == msl.ParamValue {
		return l.value(a, p)
	}
	at, err := d.address(a)
	if err != nil {
		return fmt.Errorf("argument %d (%s): %w", p.Index, p.name, err)
	}
	l.put(8)
	*(*uint64)(unsafe.Pointer(&l.values[len(l.values)-16])) = uint64(at)
	return nil
}

// value appends a `constant T&` argument's data.
func (l *launch) value(a *metal.Arg, p *param) error {
	if a.Buffer != nil {
		return fmt.Errorf("argument %d (%s) is a constant reference: give its %d bytes, not a buffer", p.Index, p.name, p.size)
	}
	if len(a.Bytes) < p.size {
		return fmt.Errorf("argument %d (%s): %d bytes, the kernel reads %d", p.Index, p.name, len(a.Bytes), p.size)
	}
	at := l.put(p.size)
	copy(l.values[at:], a.Bytes[:p.size])
	return nil
}

// put reserves n bytes for one parameter and returns where.
func (l *launch) put(n int) int {
	at := len(l.values)
	l.pointers = append(l.pointers, uintptr(at))
	for range (n + 15) / 16 {
		l.values = append(l.values, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	return at
}

func (l *launch) word(v uint32) {
	at := l.put(4)
	*(*uint32)(unsafe.Pointer(&l.values[at])) = v
}

// address of a buffer argument. Bytes bound to a pointer are copied to GPU
// memory once and kept by their content; an argument that is not bound is null.
func (d *Device) address(a *metal.Arg) (uintptr, error) {
	if a.Buffer == nil {
		if len(a.Bytes) == 0 {
			return 0, nil
		}
		b, ok := d.launcher.temporary[string(a.Bytes)]
		if !ok {
			made, err := d.NewBuffer(len(a.Bytes))
			if err != nil {
				return 0, err
			}
			b = made.(*Buffer)
			if err := b.Write(0, a.Bytes); err != nil {
				return 0, err
			}
			if d.launcher.temporary == nil {
				d.launcher.temporary = map[string]*Buffer{}
			}
			d.launcher.temporary[string(a.Bytes)] = b
		}
		return b.at, nil
	}
	b, ok := a.Buffer.(*Buffer)
	if !ok || b.d != d {
		return 0, fmt.Errorf("buffer of another device")
	}
	if err := b.inside(a.Offset, 1); err != nil {
		return 0, err
	}
	return b.at + uintptr(a.Offset), nil
}

// issue hands a prepared launch to the driver. A fault that the driver tells of
// here is that of a kernel launched before: one of those running.
func (d *Device) issue(l *launch, running ...string) error {
	l.config.attributes, l.config.count = nil, 0
	if d.overlap != nil {
		l.config.attributes, l.config.count = d.overlap, 1
	}
	status := d.cu.LaunchKernelEx.call(uintptr(unsafe.Pointer(&l.config)), l.function,
		uintptr(unsafe.Pointer(&l.pointers[0])), 0)
	runtime.KeepAlive(l)
	err := d.check("cuLaunchKernelEx", status, running...)
	if err != nil && d.lost == nil {
		return fmt.Errorf("kernel %s: %w", l.kernel.name, err)
	}
	return err
}

// Submit launches dispatches one by one and waits.
func (d *Device) Submit(ctx context.Context, dispatches []metal.Dispatch) (metal.Times, error) {
	var t metal.Times
	if err := d.usable(); err != nil {
		return t, err
	}
	if err := ctx.Err(); err != nil {
		return t, fmt.Errorf("cuda: submit: %w", err)
	}
	defer d.enter()()
	begin := time.Now()
	if err := d.mark(0); err != nil {
		return t, err
	}
	var l launch
	q := queue{d: d}
	for i := range dispatches {
		if err := d.prepare(&l, &dispatches[i]); err != nil {
			return t, d.abandon(ctx, err)
		}
		q.names = append(q.names, l.kernel.name)
		if err := q.launch(ctx, &l); err != nil {
			return t, err
		}
	}
	if err := d.mark(1); err != nil {
		return t, err
	}
	t.Encode = time.Since(begin) - q.waited
	if err := d.await(ctx, d.events[1], q.names...); err != nil {
		return t, err
	}
	t.Wall = time.Since(begin)
	var err error
	t.Device, err = d.elapsed()
	return t, err
}

// abandon waits for what was submitted before an error, so that nothing runs
// behind the caller's back.
func (d *Device) abandon(ctx context.Context, err error) error {
	if d.lost == nil {
		_ = d.finish(ctx)
	}
	return err
}

// mark records the start (0) or end (1) of what is timed.
func (d *Device) mark(i int) error {
	return d.check("cuEventRecord", d.cu.EventRecord.call(d.events[i], d.stream))
}

// elapsed is the GPU's time between the two marks.
func (d *Device) elapsed() (time.Duration, error) {
	var ms float32
	if err := d.check("cuEventElapsedTime", d.cu.EventElapsedTime.call(
		uintptr(unsafe.Pointer(&ms)), d.events[0], d.events[1])); err != nil {
		return 0, err
	}
	return time.Duration(float64(ms) * float64(time.Millisecond)), nil
}
