package cuda

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/front"
)

// fakeDriver stands for libcuda: it makes handles, counts calls and succeeds,
// except where it is told not to.
type fakeDriver struct {
	calls map[string]int
	fails map[string]func(call int) result // by function; call counts from 1
	last  uintptr                          // handle that was given out
	gpus  int32
}

// A process can make some two thousand callbacks and free none, so they are shared:
// they call the fake driver that was made last.
var (
	fake      atomic.Pointer[fakeDriver]
	callbacks sync.Map // uintptr by function
)

func callback(name string) uintptr {
	if c, ok := callbacks.Load(name); ok {
		return c.(uintptr)
	}
	c, _ := callbacks.LoadOrStore(name, purego.NewCallback(func(a, b uintptr) uintptr { return fake.Load().answer(name, a, b) }))
	return c.(uintptr)
}

// outputs are the functions that write a handle through an argument.
var outputs = map[string]int{
	"cuDevicePrimaryCtxRetain": 0, "cuStreamCreate": 0, "cuEventCreate": 0, "cuMemAlloc_v2": 0,
	"cuStreamEndCapture": 1, "cuGraphInstantiateWithFlags": 0,
}

// fakeDevice is a device that is not started yet, on a fake driver.
func fakeDevice(t *testing.T) (*device, *fakeDriver) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("C calls are made on Linux only")
	}
	f := &fakeDriver{gpus: 1, calls: map[string]int{}, fails: map[string]func(int) result{}}
	d := &device{timeout: time.Minute, inline: map[string]*memory{}, origins: map[string]origin{}, info: metal.Info{Kind: metal.CUDA}}
	fake.Store(f)
	err := bind(&d.cu, func(name string) (uintptr, error) { return callback(name), nil })
	if err != nil {
		t.Fatal(err)
	}
	d.cu.GetErrorName = 0 // results have no text
	return d, f
}

func (f *fakeDriver) answer(name string, args ...uintptr) uintptr {
	f.calls[name]++
	if fail := f.fails[name]; fail != nil {
		if r := fail(f.calls[name]); r != success {
			return uintptr(r)
		}
	}
	at := &args[0]
	if name == "cuDeviceGetCount" {
		**(**int32)(unsafe.Pointer(at)) = f.gpus
	}
	if name == "cuDeviceGet" { // handles are the numbers, with 100 added
		**(**int32)(unsafe.Pointer(at)) = int32(args[1]) + 100
	}
	if i, ok := outputs[name]; ok {
		at = &args[i]
		f.last++
		**(**uintptr)(unsafe.Pointer(at)) = f.last
	}
	return uintptr(success)
}

func always(r result) func(int) result { return func(int) result { return r } }

// rig is a device on a fake driver, with its front.
type rig struct {
	*front.Device
	own *device
	f   *fakeDriver
}

// started is one that was started.
func started(t *testing.T, c cache) rig {
	t.Helper()
	d, f := fakeDevice(t)
	d.cache = c
	if err := d.start(0); err != nil {
		t.Fatal(err)
	}
	return rig{front.New(d), d, f}
}

// dispatch is one of a kernel of that name with no arguments.
func (r rig) dispatch(name string) metal.Dispatch {
	k := &kernel{name: name, maxThreads: 1, params: testKernel().params[5:]}
	return metal.Dispatch{Kernel: r.Kernel(k, name, "", ""), Grid: metal.Size{X: 1}, Threadgroup: metal.Size{X: 1}}
}
