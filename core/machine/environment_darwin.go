package machine

import (
	"context"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/record"
)

func platformEnvironment(e *record.Environment) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if out, err := output(ctx, "", "/usr/bin/pmset", "-g", "batt"); err == nil {
		e.PowerSource = parsePowerSource(out)
	}
	if out, err := output(ctx, "", "/usr/bin/pmset", "-g"); err == nil {
		e.LowPower = parseLowPower(out)
	}
	e.ThermalState = processThermalState()
}

func parsePowerSource(out string) string {
	switch {
	case strings.Contains(out, "'AC Power'"):
		return "ac"
	case strings.Contains(out, "'Battery Power'"):
		return "battery"
	}
	return ""
}

func parseLowPower(out string) bool {
	for l := range strings.Lines(out) {
		f := strings.Fields(l)
		if len(f) == 2 && f[0] == "lowpowermode" {
			return f[1] == "1"
		}
	}
	return false
}
