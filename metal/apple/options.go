package apple

import (
	"fmt"
	"time"
)

// Options of Open. The zero value is what plugins use.
type Options struct {
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
