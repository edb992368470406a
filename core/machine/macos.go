package machine

import (
	"regexp"
	"strconv"
	"strings"
)

// What programs of macOS print, read on any system so that it can be tested there.

// parsePowerSource reads pmset -g batt.
func parsePowerSource(out string) string {
	switch {
	case strings.Contains(out, "'AC Power'"):
		return "ac"
	case strings.Contains(out, "'Battery Power'"):
		return "battery"
	}
	return ""
}

// parseLowPower reads pmset -g.
func parseLowPower(out string) bool {
	for l := range strings.Lines(out) {
		f := strings.Fields(l)
		if len(f) == 2 && f[0] == "lowpowermode" {
			return f[1] == "1"
		}
	}
	return false
}

var utilization = regexp.MustCompile(`"Device Utilization %"\s*=\s*([0-9]+)`)

// parseGPUBusy reads ioreg -c IOAccelerator: the busiest GPU's share of its time, nil
// where none tells.
func parseGPUBusy(out string) (busy *float64) {
	for _, m := range utilization.FindAllStringSubmatch(out, -1) {
		percent, err := strconv.ParseFloat(m[1], 64)
		if share := percent / 100; err == nil && share <= 1 && (busy == nil || share > *busy) {
			busy = &share
		}
	}
	return busy
}
