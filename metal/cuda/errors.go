package cuda

import (
	"fmt"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// result is a CUresult.
type result int32

// The results that are told apart. CUDA driver API, enum CUresult.
const (
	success            result = 0
	invalidValue       result = 1
	outOfMemory        result = 2
	noDevice           result = 100
	invalidDevice      result = 101
	deviceUnavailable  result = 46
	systemNotReady     result = 802
	driverMismatch     result = 803
	invalidImage       result = 200
	noBinaryForGPU     result = 209
	eccUncorrectable   result = 214
	notFound           result = 500
	notReady           result = 600
	illegalAddress     result = 700
	launchTimeout      result = 702
	contextDestroyed   result = 709
	assertFailed       result = 710
	hardwareStack      result = 714
	illegalInstruction result = 715
	misalignedAddress  result = 716
	invalidAddrSpace   result = 717
	invalidPC          result = 718
	launchFailed       result = 719
	unknown            result = 999
)

// class is the error of package metal that callers tell apart, nil if none
// fits. lost says that no further call of this process can succeed.
func (r result) class() (err error, lost bool) { //nolint:revive // the error is a value here, not a failure
	switch r {
	case outOfMemory:
		return metal.ErrOutOfMemory, false
	case noDevice, invalidDevice, deviceUnavailable, systemNotReady, driverMismatch:
		return metal.ErrUnavailable, false
	case illegalAddress, launchTimeout, assertFailed, hardwareStack, illegalInstruction,
		misalignedAddress, invalidAddrSpace, invalidPC, launchFailed:
		return metal.ErrFault, true
	case eccUncorrectable, contextDestroyed, unknown:
		return metal.ErrLost, true
	}
	return nil, false
}

// failure is a CUDA call that failed.
type failure struct {
	call   string
	result result
	text   string
}

func (f *failure) Error() string { return fmt.Sprintf("%s: %s (%d)", f.call, f.text, f.result) }

// check turns a status into an error: nil on success.
func (d *driver) check(call string, status int32) error {
	r := result(status)
	if r == success {
		return nil
	}
	f := &failure{call, r, d.text(r)}
	if class, _ := r.class(); class != nil {
		return fmt.Errorf("%w: %w", class, f)
	}
	return f
}

// text is CUDA's own name and description of a result.
func (d *driver) text(r result) string {
	var name, text *byte
	if d.GetErrorName == 0 ||
		d.GetErrorName.call(uintptr(r), uintptr(unsafe.Pointer(&name))) != 0 ||
		d.GetErrorString.call(uintptr(r), uintptr(unsafe.Pointer(&text))) != 0 {
		return "unknown error"
	}
	return goString(name) + ", " + goString(text)
}

// goString copies a NUL-terminated C string.
func goString(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
