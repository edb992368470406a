package machine

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/assay-bench/assay/core/record"
)

// Environment reads the machine's state now. What cannot be read stays at its
// zero value, which documents as unknown.
func Environment(ctx context.Context) record.Environment {
	e := record.Environment{Time: time.Now().UTC()}
	if l, err := load.AvgWithContext(ctx); err == nil {
		e.Load1 = l.Load1
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		e.FreeMemory = int64(m.Available)
	}
	platformEnvironment(&e)
	return e
}
