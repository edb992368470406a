package machine

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// system are functions of libSystem, which every process has loaded.
var system = sync.OnceValue(func() (s struct {
	usage    uintptr
	timebase timebase
}) {
	lib, err := purego.Dlopen("/usr/lib/libSystem.B.dylib", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return s
	}
	base, err := purego.Dlsym(lib, "mach_timebase_info")
	if err != nil {
		return s
	}
	purego.SyscallN(base, uintptr(unsafe.Pointer(&s.timebase)))
	s.usage, _ = purego.Dlsym(lib, "proc_pid_rusage") //nolint:errcheck // 0: not there
	return s
})

// usageOf asks the kernel about a process of this user; it needs no privileges.
func usageOf(pid int) (usage, bool) {
	s := system()
	if s.usage == 0 {
		return usage{}, false
	}
	raw := make([]byte, usageBytes)
	if r, _, _ := purego.SyscallN(s.usage, uintptr(pid), usageVersion, uintptr(unsafe.Pointer(&raw[0]))); int32(r) != 0 {
		return usage{}, false
	}
	u, err := parseUsage(raw, s.timebase)
	return u, err == nil
}
