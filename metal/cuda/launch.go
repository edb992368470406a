package cuda

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

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

// launch is a dispatch in the form that the driver wants. The driver copies
// everything during the call.
type launch struct {
	config   launchConfig
	function uintptr
	values   []byte    // all arguments, each at a multiple of 16
	pointers []uintptr // into values, one per parameter
	kernel   *kernel
}

// prepare fills l, reusing its memory.
func (d *device) prepare(l *launch, s *metal.Dispatch) error {
	k := front.Own[*kernel](s.Kernel)
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

// shape sets the grid, threadgroup and threadgroup memory.
func (l *launch) shape(d *device, k *kernel, s *metal.Dispatch) error {
	grid, group := axes(s.Grid), axes(s.Threadgroup)
	limits := [3]int{1<<31 - 1, 65535, 65535}
	for a := range grid {
		groups := (grid[a] + group[a] - 1) / group[a]
		if groups > limits[a] {
			return fmt.Errorf("%w: %d threadgroups along axis %d, CUDA allows %d", metal.ErrFault, groups, a, limits[a])
		}
		l.config.grid[a], l.config.block[a] = uint32(groups), uint32(group[a])
	}
	shared := 0
	for _, n := range s.ThreadgroupMemory {
		shared += front.GroupBytes(n)
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
func axes(s metal.Size) [3]int { return [3]int{s.X, max(s.Y, 1), max(s.Z, 1)} }

// issue hands a prepared launch to the driver. A fault that the driver tells of
// here is that of a kernel launched before: one of those running.
func (d *device) issue(l *launch, running ...string) error {
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
