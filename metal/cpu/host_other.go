//go:build unix && !linux

package cpu

import (
	"runtime"

	"golang.org/x/sys/unix"
)

func adviseHuge([]byte) {}

// availableMemory is half of the machine's, as the free share is not known here.
func availableMemory() int64 { return totalMemory() / 2 }

func totalMemory() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 8 << 30
	}
	return int64(n)
}

func modelName() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}

func lastCache() int64 {
	for _, key := range []string{"hw.perflevel0.l2cachesize", "hw.l2cachesize"} {
		if n, err := unix.SysctlUint64(key); err == nil {
			return int64(n)
		}
	}
	return 0
}

func osBuild() string {
	release, err := unix.Sysctl("kern.osversion")
	if err != nil {
		return runtime.GOOS
	}
	return runtime.GOOS + " " + release
}

func hugePages() string { return "" }
