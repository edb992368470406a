package sdk

import (
	"runtime/debug"
	"runtime/metrics"
)

// visitHeap is how much a visit may allocate before collections start again.
// Messages need a few KiB per sample; a Run that allocates must not eat the
// machine.
const visitHeap = 256 << 20

// quietGC keeps the collector out of the samples of one visit and returns the
// way back.
func quietGC() (restore func()) {
	total := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(total)
	limit := debug.SetMemoryLimit(-1)
	percent := debug.SetGCPercent(-1)
	debug.SetMemoryLimit(min(limit, int64(total[0].Value.Uint64())+visitHeap))
	return func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
	}
}
