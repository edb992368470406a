package cuda

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/compilecache"
	"github.com/assay-bench/assay/metal/internal/front"
)

// Options of Open. The zero value is what plugins use.
type Options struct {
	Ordinal  int           // which GPU, as CUDA numbers them
	CacheDir string        // compile cache; empty for the user's cache folder, "off" for none
	Timeout  time.Duration // longest wait without progress; 0 for 30 s
}

// device is one NVIDIA GPU, the backend.
type device struct {
	cu       driver
	compiler *compiler
	cache    cache
	info     metal.Info
	ordinal  int32
	context  uintptr
	stream   uintptr
	timeout  time.Duration
	events   [2]uintptr         // start and end of what is timed
	fences   []uintptr          // recorded along the way, for bounded waits
	inline   map[string]*memory // bytes bound to pointer arguments, by their content
	overlap  *launchAttribute   // nil where the GPU has no programmatic launch
	modules  []uintptr
	origins  map[string]origin // of kernels, by name
	dump     string            // where the driver leaves a core dump when a kernel goes wrong; empty for none
	pipe     string            // where it is asked for one; empty if it takes no requests
	lost     error             // why no further call can succeed
}

// Open finds the driver and NVRTC and takes a GPU. On a machine without them
// the error is metal.ErrUnavailable and says what is missing.
func Open(o Options) (metal.Device, error) {
	d := &device{
		cache: defaultCache(), timeout: 30 * time.Second, inline: map[string]*memory{}, origins: map[string]origin{},
	}
	switch o.CacheDir {
	case "":
	case "off":
		d.cache = cache{}
	default:
		d.cache = cache{compilecache.Dir(o.CacheDir)}
	}
	if o.Timeout > 0 {
		d.timeout = o.Timeout
	}
	if err := d.cu.load(); err != nil {
		return nil, err
	}
	if err := d.start(o.Ordinal); err != nil {
		_ = d.Close(func() {})
		return nil, fmt.Errorf("cuda: %w", err)
	}
	var err error
	if d.compiler, err = openCompiler(machine(), d.capability()); err != nil {
		_ = d.Close(func() {})
		return nil, err
	}
	if overlapping(d.compiler.arch) {
		d.overlap = overlap()
	}
	d.info.Driver += ", NVRTC " + d.compiler.version
	d.info.Facts["nvrtc"] = d.compiler.path
	return front.New(d), nil
}

// start initialises CUDA and takes the GPU's primary context. What it took
// before an error is Close's to give back.
func (d *device) start(ordinal int) error {
	count, err := d.cu.count()
	if err != nil {
		return err
	}
	if ordinal < 0 || ordinal >= count {
		return fmt.Errorf("%w: GPU %d is asked for, the driver shows %s", metal.ErrUnavailable, ordinal, shown(count))
	}
	if err := d.cu.check("cuDeviceGet", d.cu.DeviceGet.call(uintptr(unsafe.Pointer(&d.ordinal)), uintptr(ordinal))); err != nil {
		return err
	}
	if err := d.describe(); err != nil {
		return err
	}
	d.info.Index = ordinal
	d.findLines()
	err = d.retain()
	if err != nil && d.dump != "" { // as where the folder for its pipe takes none
		d.stopFindingLines()
		err = d.retain()
	}
	if err != nil {
		return err
	}
	defer d.enter()()
	const nonBlocking = 1
	if err := d.cu.check("cuStreamCreate", d.cu.StreamCreate.call(uintptr(unsafe.Pointer(&d.stream)), nonBlocking)); err != nil {
		return err
	}
	for i := range d.events {
		if err := d.cu.check("cuEventCreate", d.cu.EventCreate.call(uintptr(unsafe.Pointer(&d.events[i])), 0)); err != nil {
			return err
		}
	}
	d.fences = make([]uintptr, fencesInFlight)
	const disableTiming = 2
	for i := range d.fences {
		if err := d.cu.check("cuEventCreate", d.cu.EventCreate.call(uintptr(unsafe.Pointer(&d.fences[i])), disableTiming)); err != nil {
			return err
		}
	}
	return nil
}

func (d *device) retain() error {
	return d.cu.check("cuDevicePrimaryCtxRetain",
		d.cu.DevicePrimaryCtxRetain.call(uintptr(unsafe.Pointer(&d.context)), uintptr(d.ordinal)))
}

// enter makes the context current for this goroutine's thread until the
// returned function is called.
func (d *device) enter() func() {
	runtime.LockOSThread()
	d.cu.CtxSetCurrent.call(d.context)
	return runtime.UnlockOSThread
}

// Lost says why the device cannot be used, if it cannot.
func (d *device) Lost() error { return d.lost }

// check is the driver's check, and marks the device lost when no call can
// succeed any more. A fault names the kernels that may have caused it.
func (d *device) check(call string, status int32, running ...string) error {
	err := d.cu.check(call, status)
	if err == nil {
		return nil
	}
	if _, lost := result(status).class(); lost {
		if len(running) > 0 {
			err = fmt.Errorf("%s: %w", d.culprit(result(status), running), err)
		}
		d.lost = err
		err = fmt.Errorf("%w (%w in this process from now on)", err, metal.ErrLost)
	}
	return err
}

// Info describes the GPU.
func (d *device) Info() metal.Info { return d.info }

// Close releases everything. After a timeout the context is left to the end of
// the process: giving back a context with a running kernel would wait for it.
func (d *device) Close(free func()) error {
	d.endLines()
	if d.lost != nil || d.context == 0 {
		return nil
	}
	defer d.enter()()
	free()
	for _, m := range d.inline {
		m.Free()
	}
	for _, m := range d.modules {
		d.cu.ModuleUnload.call(m)
	}
	for _, e := range append(d.fences, d.events[:]...) {
		if e != 0 { // as after an Open that failed
			d.cu.EventDestroy.call(e)
		}
	}
	if d.stream != 0 {
		d.cu.StreamDestroy.call(d.stream)
	}
	d.cu.CtxSetCurrent.call(0)
	d.cu.PrimaryCtxRelease.call(uintptr(d.ordinal))
	return nil
}
