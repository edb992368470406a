package apple

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// Device is the system's GPU. It implements metal.Device.
type Device struct {
	b           *bridge
	gpu         uintptr
	queue       uintptr
	hot         hotSelectors
	sizes       [2]mtlSize // the copy that a dispatch is given
	lengths     int        // threadgroup memory lengths set in the encoder in use
	pace        pace       // of Submit
	info        metal.Info
	timeout     time.Duration
	language    uintptr // MTLLanguageVersion of sources
	memory      metal.Memory
	limit       int64 // bytes that may be in use
	largest     int64 // bytes of one buffer
	groupMemory int   // bytes that a threadgroup may have
	buffers     map[*Buffer]struct{}
	owned       []uintptr // libraries, functions and pipelines, released by Close
	lost        error     // why no further call can succeed
	closed      bool
}

// hotSelectors are those of the encoding loop, looked up once.
type hotSelectors struct {
	setPipeline, setBuffer, setBytes, setGroupMemory, dispatch uintptr
	status                                                     uintptr
}

var _ metal.Device = (*Device)(nil)

// What kernels need: the first macOS whose Metal has bfloat, and
// MTLGPUFamilyApple7, the first with simd_sum and its like.
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
	d := &Device{b: b, timeout: o.Timeout, buffers: map[*Buffer]struct{}{}, pace: firstDispatches, language: languageVersion(macOS)}
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
	if !b.flag(d.gpu, sel.supports, reductions) {
		defer b.release(d.gpu)
		return nil, fmt.Errorf("apple: %w: %s lacks simdgroup reductions (GPU family Apple7), as those of virtual machines do", metal.ErrUnavailable, b.text(b.msg(d.gpu, sel.deviceName)))
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
	return d, nil
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
func (d *Device) describe() {
	b := d.b
	d.limit = int64(b.msg(d.gpu, sel.workingSet))
	d.largest = int64(b.msg(d.gpu, sel.maxBuffer))
	d.groupMemory = int(b.msg(d.gpu, sel.maxGroupMemory))
	process := b.msg(b.class("NSProcessInfo"), sel.processInfo)
	build, _ := syscall.Sysctl("kern.osversion")
	c := d.conditions()
	d.info = metal.Info{
		Kind: metal.Apple, Name: b.text(b.msg(d.gpu, sel.deviceName)),
		Family:  family(func(f int) bool { return b.flag(d.gpu, sel.supports, uintptr(f)) }),
		Cores:   b.gpuCores(),
		Memory:  d.limit,
		Driver:  "macOS " + b.text(b.msg(process, sel.osVersion)),
		OSBuild: build,
		Facts: map[string]string{
			"unified_memory":     fmt.Sprint(b.flag(d.gpu, sel.unifiedMemory)),
			"threadgroup_memory": fmt.Sprint(d.groupMemory),
			"max_buffer":         fmt.Sprint(d.largest),
			"thermal":            c.Thermal,
			"low_power":          fmt.Sprint(c.LowPower),
		},
	}
}

// Conditions asks the system about heat and power now.
func (d *Device) Conditions() Conditions {
	defer d.b.pool()()
	return d.conditions()
}

func (d *Device) conditions() Conditions { return d.b.conditions() }

// usable reports why the device cannot be used, if it cannot.
func (d *Device) usable() error {
	if d.closed {
		return fmt.Errorf("apple: %w: it was closed", metal.ErrLost)
	}
	if d.lost != nil {
		return fmt.Errorf("apple: %w: %w", metal.ErrLost, d.lost)
	}
	return nil
}

// Info describes the GPU.
func (d *Device) Info() metal.Info { return d.info }

// Memory accounts for the buffers that are alive.
func (d *Device) Memory() metal.Memory { return d.memory }

// Close releases everything, unless the device is lost: then kernels may still
// be using it, and it is left to the end of the process.
func (d *Device) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	d.memory.Current = 0
	if d.lost != nil {
		return nil
	}
	defer d.b.pool()()
	for buf := range d.buffers {
		d.b.release(buf.id)
		buf.id, buf.bytes = 0, nil
	}
	for _, id := range d.owned {
		d.b.release(id)
	}
	d.b.release(d.queue)
	d.b.release(d.gpu)
	d.buffers, d.owned = nil, nil
	return nil
}

// Buffer is memory that the GPU shares with the host.
type Buffer struct {
	d     *Device
	id    uintptr // 0 once released
	bytes []byte
}

// NewBuffer allocates zeroed shared memory.
func (d *Device) NewBuffer(bytes int) (metal.Buffer, error) {
	if bytes <= 0 {
		return nil, fmt.Errorf("apple: buffer of %d bytes: want at least 1", bytes)
	}
	if err := d.usable(); err != nil {
		return nil, err
	}
	if int64(bytes) > d.largest || d.memory.Current+int64(bytes) > d.limit {
		return nil, fmt.Errorf("apple: buffer of %d bytes beside %d in use: %w: one buffer may have %d, all together %d",
			bytes, d.memory.Current, metal.ErrOutOfMemory, d.largest, d.limit)
	}
	defer d.b.pool()()
	const shared = 0 // MTLResourceStorageModeShared
	b := &Buffer{d: d, id: d.b.msg(d.gpu, sel.newBuffer, uintptr(bytes), shared)}
	if b.id == 0 {
		return nil, fmt.Errorf("apple: buffer of %d bytes: %w", bytes, metal.ErrOutOfMemory)
	}
	b.bytes = unsafe.Slice((*byte)(pointer(d.b.msg(b.id, sel.contents))), bytes)
	clear(b.bytes)
	d.buffers[b] = struct{}{}
	d.memory.Current += int64(bytes)
	d.memory.Peak = max(d.memory.Peak, d.memory.Current)
	return b, nil
}

// Len is the size in bytes.
func (b *Buffer) Len() int { return len(b.bytes) }

// Bytes is the memory itself. Between calls of the device nothing writes it.
func (b *Buffer) Bytes() []byte { return b.bytes }

// Write copies data into the buffer.
func (b *Buffer) Write(offset int, data []byte) error {
	if err := b.inside(offset, len(data)); err != nil {
		return fmt.Errorf("apple: write: %w", err)
	}
	copy(b.bytes[offset:], data)
	return nil
}

// Read copies out of the buffer.
func (b *Buffer) Read(offset int, data []byte) error {
	if err := b.inside(offset, len(data)); err != nil {
		return fmt.Errorf("apple: read: %w", err)
	}
	copy(data, b.bytes[offset:])
	return nil
}

func (b *Buffer) inside(offset, n int) error {
	if b.id == 0 {
		return fmt.Errorf("the buffer was released")
	}
	if offset < 0 || n > len(b.bytes)-offset {
		return fmt.Errorf("bytes %d to %d of a buffer of %d", offset, offset+n, len(b.bytes))
	}
	return nil
}

// Release frees the memory. Nothing may run that uses it: nothing does between
// calls, unless the device is lost, and then the memory is left to the end of
// the process.
func (b *Buffer) Release() {
	if b.id == 0 {
		return
	}
	if !b.d.closed {
		if b.d.lost == nil {
			b.d.b.release(b.id)
		}
		b.d.memory.Current -= int64(len(b.bytes))
		delete(b.d.buffers, b)
	}
	b.id, b.bytes = 0, nil
}
