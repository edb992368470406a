package apple

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Options of Open. The zero value is what plugins use.
type Options struct {
	Index   int           // which GPU, in the order in which the system lists them
	Timeout time.Duration // longest wait without progress; 0 for 30 s
}

// Conditions is what the system says about its own speed.
type Conditions struct {
	Thermal  string // nominal, fair, serious, critical or unknown
	LowPower bool   // Low Power Mode is on
}

// thermalName names an NSProcessInfoThermalState.
func thermalName(state int) string {
	names := [...]string{"nominal", "fair", "serious", "critical"}
	if state < 0 || state >= len(names) {
		return "unknown"
	}
	return names[state]
}

// major is the first number of a macOS version, 0 if it tells none.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(first)
	return n
}

// languageVersion is the MTLLanguageVersion that sources are compiled for: 3.2,
// as on the other devices, or 3.1 before macOS 15. By itself a newer macOS takes
// a newer one, and a kernel would not mean the same on all.
func languageVersion(macOS int) uintptr {
	if macOS >= 15 {
		return 3<<16 | 2
	}
	return 3<<16 | 1
}

// family names the newest GPU family that a device supports. MTLGPUFamilyApple1
// is 1001, the later ones follow.
func family(supports func(family int) bool) string {
	const first, newest = 1001, 1015
	for f := newest; f >= first; f-- {
		if supports(f) {
			return fmt.Sprintf("apple%d", f-first+1)
		}
	}
	return ""
}
