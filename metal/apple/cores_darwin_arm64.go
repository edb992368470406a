package apple

import (
	"unsafe"

	"github.com/ebitengine/purego"
)

// gpuCores asks the system's registry how many cores the GPU has, which Metal
// does not tell; 0 if it is not known. It is called inside an autorelease pool.
func (b *bridge) gpuCores() int {
	kit, err := framework("IOKit")
	if err != nil {
		return 0
	}
	base, err := framework("CoreFoundation")
	if err != nil {
		return 0
	}
	var matching, find, property, drop, release, typeOf, numberType, value uintptr
	for _, f := range []struct {
		to   *uintptr
		in   uintptr
		name string
	}{
		{&matching, kit, "IOServiceMatching"},
		{&find, kit, "IOServiceGetMatchingService"},
		{&property, kit, "IORegistryEntryCreateCFProperty"},
		{&drop, kit, "IOObjectRelease"},
		{&release, base, "CFRelease"},
		{&typeOf, base, "CFGetTypeID"},
		{&numberType, base, "CFNumberGetTypeID"},
		{&value, base, "CFNumberGetValue"},
	} {
		if *f.to, err = purego.Dlsym(f.in, f.name); err != nil {
			return 0
		}
	}
	class := []byte("AGXAccelerator\x00")
	query, _, _ := purego.SyscallN(matching, uintptr(unsafe.Pointer(&class[0])))
	if query == 0 {
		return 0
	}
	service, _, _ := purego.SyscallN(find, 0, query) // which takes the query over
	if service = uintptr(uint32(service)); service == 0 {
		return 0
	}
	defer purego.SyscallN(drop, service)
	number, _, _ := purego.SyscallN(property, service, b.nsString("gpu-core-count"), 0, 0)
	if number == 0 {
		return 0
	}
	defer purego.SyscallN(release, number)
	is, _, _ := purego.SyscallN(typeOf, number)
	want, _, _ := purego.SyscallN(numberType)
	if is != want {
		return 0
	}
	const signed64 = 4 // kCFNumberSInt64Type
	var cores int64
	if ok, _, _ := purego.SyscallN(value, number, signed64, uintptr(unsafe.Pointer(&cores))); ok&0xFF == 0 {
		return 0
	}
	return int(cores)
}
