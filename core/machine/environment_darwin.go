package machine

import (
	"context"
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
	if out, err := output(ctx, "", "/usr/sbin/ioreg", "-r", "-c", "IOAccelerator", "-d", "1", "-w", "0"); err == nil {
		e.GPUBusy = parseGPUBusy(out)
	}
	e.ThermalState = processThermalState()
}
