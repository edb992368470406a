package machine

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

func platformEnvironment(e *record.Environment) {
	e.CPUMHz = clockMHz()
	e.Celsius = hottest()
	e.ThermalState = thermalState(e.Celsius)
	e.PowerSource = powerSource("/sys/class/power_supply")
}

// clockMHz is the mean clock over the cores, 0 where the kernel does not say.
func clockMHz() float64 {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	var sum float64
	var n int
	for s := bufio.NewScanner(f); s.Scan(); {
		if key, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(key) == "cpu MHz" {
			if v, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				sum, n = sum+v, n+1
			}
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

func hottest() float64 {
	zones, _ := filepath.Glob("/sys/class/thermal/thermal_zone*/temp")
	best := 0.0
	for _, z := range zones {
		if v, err := strconv.ParseFloat(readTrim(z), 64); err == nil {
			best = max(best, v/1000)
		}
	}
	return best
}

// thermalState maps degrees to macOS's words, so that one rule serves both.
// The thresholds are those at which common laptops and servers begin to slow down.
func thermalState(celsius float64) string {
	switch {
	case celsius == 0:
		return ""
	case celsius >= 100:
		return "critical"
	case celsius >= 95:
		return "serious"
	case celsius >= 85:
		return "fair"
	}
	return "nominal"
}

func powerSource(root string) string {
	supplies, _ := filepath.Glob(filepath.Join(root, "*"))
	source := ""
	for _, s := range supplies {
		switch readTrim(filepath.Join(s, "type")) {
		case "Mains", "USB":
			if readTrim(filepath.Join(s, "online")) == "1" {
				return "ac"
			}
		case "Battery":
			source = "battery"
		}
	}
	return source
}

func readTrim(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
