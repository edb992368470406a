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
func fakeDevice(t *testing.T) (*Device, *fakeDriver) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("C calls are made on Linux only")
	}
	f := &fakeDriver{gpus: 1, calls: map[string]int{}, fails: map[string]func(int) result{}}
	d := &Device{timeout: time.Minute, buffers: map[*Buffer]struct{}{}, programs: map[*program]struct{}{}, origins: map[string]origin{}}
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

// started is a device on a fake driver, and a dispatch of a kernel of it.
func started(t *testing.T, c cache) (*Device, *fakeDriver, metal.Dispatch) {
	t.Helper()
	d, f := fakeDevice(t)
	d.cache = c
	if err := d.start(0); err != nil {
		t.Fatal(err)
	}
	k := &kernel{d: d, name: "k", maxThreads: 1, params: testKernel(d).params[5:]}
	return d, f, metal.Dispatch{Kernel: k}
}
