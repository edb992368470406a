package apple

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// device is the system's GPU, the backend.
type device struct {
	b           *bridge
	gpu         uintptr
	queue       uintptr
	hot         hotSelectors
	sizes       [2]mtlSize // the copy that a dispatch is given
	lengths     int        // threadgroup memory lengths set in the encoder in use
	pace        pace       // of Submit
	info        metal.Info
	timeout     time.Duration
	language    uintptr   // MTLLanguageVersion of sources
	limit       int64     // bytes that may be in use
	largest     int64     // bytes of one buffer
	groupMemory int       // bytes that a threadgroup may have
	owned       []uintptr // libraries, functions and pipelines, released by Close
	lost        error     // why no further call can succeed
}

// hotSelectors are those of the encoding loop, looked up once.
type hotSelectors struct {
	setPipeline, setBuffer, setBytes, setGroupMemory, dispatch uintptr
	status                                                     uintptr
}

// What kernels need: the first macOS whose Metal has bfloat, and
// MTLGPUFamilyApple7, the first with simd_sum and its like. A GPU that names an older
// family is tried.
const (
	oldestMacOS = 14
	reductions  = 1007
)

// Open takes a GPU of the system, the only one as a rule.
func Open(o Options) (metal.Device, error) {
	version, _ := syscall.Sysctl("kern.osproductversion")
	macOS := major(version)
	if macOS != 0 && macOS < oldestMacOS {
		return nil, fmt.Errorf("apple: %w: kernels need macOS %d or newer, for bfloat; this is %s", metal.ErrUnavailable, oldestMacOS, version)
	}
	b, err := openBridge()
	if err != nil {
		return nil, err
	}
	defer b.pool()()
	d := &device{b: b, timeout: o.Timeout, pace: firstDispatches, language: languageVersion(macOS)}
	if d.timeout <= 0 {
		d.timeout = 30 * time.Second
	}
	var count int
	if d.gpu, count = b.systemDevice(o.Index); d.gpu == 0 && count > 0 {
		return nil, fmt.Errorf("apple: %w: GPU %d is asked for, the system shows %d, counted from 0", metal.ErrUnavailable, o.Index, count)
	}
	if d.gpu == 0 {
		return nil, fmt.Errorf("apple: %w: the system shows no Metal GPU (in a virtual machine or over some remote sessions it does not)", metal.ErrUnavailable)
	}
	if d.queue = b.msg(d.gpu, sel.newQueue); d.queue == 0 {
		b.release(d.gpu)
		return nil, fmt.Errorf("apple: %w: the GPU gives no command queue", metal.ErrUnavailable)
	}
	d.hot = hotSelectors{
		setPipeline: b.selector(sel.setPipeline), setBuffer: b.selector(sel.setBuffer), setBytes: b.selector(sel.setBytes),
		setGroupMemory: b.selector(sel.setGroupMemory), dispatch: b.selector(sel.dispatch), status: b.selector(sel.status),
	}
	d.describe()
	d.info.Index = o.Index
	dev := front.New(d)
	if !b.flag(d.gpu, sel.supports, reductions) {
		if err := reduces(context.Background(), dev); err != nil {
			return nil, errors.Join(fmt.Errorf("apple: %w: %s lacks simdgroup reductions (GPU family Apple7): %w", metal.ErrUnavailable, d.info.Name, err), dev.Close())
		}
	}
	return dev, nil
}

// virtual says that this system runs in a virtual machine.
func virtual() bool {
	n, err := syscall.SysctlUint32("kern.hv_vmm_present")
	return err == nil && n != 0
}

// Count is how many GPUs the system shows; 0: none.
func Count() (int, error) {
	b, err := openBridge()
	if err != nil {
		return 0, err
	}
	defer b.pool()()
	gpu, count := b.systemDevice(0)
	b.release(gpu)
	return count, nil
}

// describe fills Info. Nothing tells the size of the system-level cache.
func (d *device) describe() {
	b := d.b
	d.limit = int64(b.msg(d.gpu, sel.workingSet))
	d.largest = int64(b.msg(d.gpu, sel.maxBuffer))
	d.groupMemory = int(b.msg(d.gpu, sel.maxGroupMemory))
	process := b.msg(b.class("NSProcessInfo"), sel.processInfo)
	build, _ := syscall.Sysctl("kern.osversion")
	c := b.conditions()
	d.info = metal.Info{
		Kind: metal.Apple, Name: b.text(b.msg(d.gpu, sel.deviceName)),
		Family:  family(func(f int) bool { return b.flag(d.gpu, sel.supports, uintptr(f)) }),
		Cores:   b.gpuCores(),
		Memory:  d.limit,
		Driver:  "macOS " + b.text(b.msg(process, sel.osVersion)),
		OSBuild: build,
		// Other machines take turns on the GPU behind a virtual one: results are right,
		// times are nobody's.
		Simulated: virtual() || !b.flag(d.gpu, sel.supports, reductions),
		Facts: map[string]string{
			"unified_memory":     fmt.Sprint(b.flag(d.gpu, sel.unifiedMemory)),
			"threadgroup_memory": fmt.Sprint(d.groupMemory),
			"max_buffer":         fmt.Sprint(d.largest),
			"thermal":            c.Thermal,
			"low_power":          fmt.Sprint(c.LowPower),
		},
	}
}

// Lost says why the device cannot be used, if it cannot.
func (d *device) Lost() error { return d.lost }

// Info describes the GPU.
func (d *device) Info() metal.Info { return d.info }

// Close releases everything, unless the device is lost: then kernels may still
// be using it, and it is left to the end of the process.
func (d *device) Close(free func()) error {
	if d.lost != nil {
		return nil
	}
	defer d.b.pool()()
	free()
	for _, id := range d.owned {
		d.b.release(id)
	}
	d.b.release(d.queue)
	d.b.release(d.gpu)
	return nil
}

// memory is shared by the GPU with the host.
type memory struct {
	d     *device
	id    uintptr
	bytes []byte
}

// Allocate makes zeroed shared memory.
func (d *device) Allocate(bytes int, inUse int64) (front.Memory, error) {
	if int64(bytes) > d.largest || int64(bytes) > d.limit-inUse {
		return nil, fmt.Errorf("%w: one buffer may have %d, all together %d", metal.ErrOutOfMemory, d.largest, d.limit)
	}
	defer d.b.pool()()
	const shared = 0 // MTLResourceStorageModeShared
	m := &memory{d: d, id: d.b.msg(d.gpu, sel.newBuffer, uintptr(bytes), shared)}
	if m.id == 0 {
		return nil, metal.ErrOutOfMemory
	}
	m.bytes = unsafe.Slice((*byte)(pointer(d.b.msg(m.id, sel.contents))), bytes)
	clear(m.bytes)
	return m, nil
}

// Bytes is the memory itself. Between calls of the device nothing writes it.
func (m *memory) Bytes() []byte { return m.bytes }

// Write copies data into the memory.
func (m *memory) Write(offset int, data []byte) error {
	copy(m.bytes[offset:], data)
	return nil
}

// Read copies out of the memory.
func (m *memory) Read(offset int, data []byte) error {
	copy(data, m.bytes[offset:])
	return nil
}

// Free gives the memory back.
func (m *memory) Free() { m.d.b.release(m.id) }
