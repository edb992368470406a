package cuda

import (
	"os"
	"regexp"
)

var moduleVersion = regexp.MustCompile(`Kernel Module(?: for \S+)?\s+(\d+\.\d+(?:\.\d+)?)`)

// kernelModuleVersion is the version of NVIDIA's kernel module, such as
// 580.159.03, or empty.
func kernelModuleVersion() string {
	text, err := os.ReadFile("/proc/driver/nvidia/version")
	if err != nil {
		return ""
	}
	if m := moduleVersion.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}
