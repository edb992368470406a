package main

import (
	"runtime"
	"syscall"

	"github.com/assay-bench/assay/core/sdk/child"
)

// peakMemory is the largest resident memory of the program, or of one of the
// processes that it started and waited for, in bytes. On Linux it is never less
// than what this plugin had when it started the program, about 30 MB: a new
// process has its parent's memory until it executes the program.
func peakMemory(e child.Exit) float64 {
	usage, ok := e.State.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(usage.Maxrss)
	}
	return float64(usage.Maxrss) * 1024 // Linux counts KiB
}
