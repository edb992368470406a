package cpu

import (
	"fmt"
	"runtime"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/cpu/simd"
	"github.com/assay-bench/assay/metal/internal/front"
)

// Options of a cpu device; the zero value is the default.
type Options struct {
	// Threads that compute, the caller's included. 0 means GOMAXPROCS.
	Threads int
	// SIMD is the highest instruction tier to use: go, avx2 or avx512.
	// Empty means the best one of this machine.
	SIMD string
	// MemoryLimit bounds the bytes of live buffers. 0 means what the machine
	// had available when the device was opened.
	MemoryLimit int64
}

// maxThreads is more than any machine has; a larger request is a mistake.
const maxThreads = 1024

// Open starts a cpu device.
func Open(o Options) (metal.Device, error) {
	if o.Threads < 0 || o.Threads > maxThreads {
		return nil, fmt.Errorf("cpu device: threads is %d, want 1 to %d, or 0 for all", o.Threads, maxThreads)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	tier, err := simd.ParseTier(o.SIMD)
	if err != nil {
		return nil, fmt.Errorf("cpu device: %w", err)
	}
	if o.MemoryLimit < 0 {
		return nil, fmt.Errorf("cpu device: memory limit is %d bytes, want a positive number", o.MemoryLimit)
	}
	limit := o.MemoryLimit
	if limit == 0 {
		limit = availableMemory()
	}
	d := &device{tier: tier, pool: newPool(o.Threads), limit: limit}
	d.submit.d = d
	return front.New(d), nil
}
