package sdk

import (
	"context"
	"time"

	"github.com/assay-bench/assay/metal"
)

// Prepared is one configuration, ready to be timed, and what preparation found.
// Its functions, Prepare and everything else that touches the device are called
// one at a time, from one goroutine.
type Prepared struct {
	Phases   map[string]Timed   // by name, each phase that the request asks for
	Checks   []Check            // beside those of the phases' Verify
	Metrics  map[string]float64 // beside those of the phases' Verify
	Facts    map[string]string  // stamped into the result: model, epsilon, threadgroup, …
	Outputs  map[string]string  // what is computed, by name, as a digest or in words, which the host holds against the baseline's
	Numbers  map[string]Numbers // vectors, by name, that stand for numeric output, which the host holds against the baseline's
	Bytes    int64              // device memory that it keeps; 0: the SDK asks the device
	Time     time.Duration      // one-time cost worth reporting; 0: the SDK's clock around Prepare
	Warnings []Diagnostic

	// BeginVisit hears that a visit of a phase begins, before its first iteration:
	// what is left from another visit must be dropped, because it was taken while
	// another arm had its turn. Its time is no sample's. Optional.
	BeginVisit func(phase string)
	// SampleMetrics gives values of the sample just taken, outside the timed span.
	// Optional.
	SampleMetrics func() map[string]float64
	// Check compares once more after timing, beside the phases' Verify. Optional.
	Check func(ctx context.Context) (checks []Check, metrics map[string]float64, err error)
}

// Timed is one phase of a prepared configuration. One of Run, Program and
// OwnTimes is set. None of them may allocate, or go on after it has returned.
type Timed struct {
	Units float64 // tokens or calls of one iteration; 0: unknown, and no rate is shown
	Bytes int64   // memory that one iteration must move at least

	// Yardstick is what the device can do at best with such bytes, which the host
	// measures beside them: metal.Stream, or empty, of bytes that are mostly read,
	// as weights are; metal.Copy of as many written as read.
	Yardstick metal.Yardstick

	// Iterations of every sample, where you cannot run any other number, such as
	// those of a script that repeats itself; 0: as many as make a sample.
	Iterations int

	// Run does n iterations back to back and waits for all of them. The SDK takes
	// the time around it.
	Run func(ctx context.Context, n int) error
	// Program is what metal.Device.Record returns, or kernels.Replay or
	// kernels.Resubmit. The SDK takes the time around it, the device adds its own
	// part and encoding, and the program is released with the configuration. A
	// metal.Readier is asked before the time begins.
	Program metal.Program
	// OwnTimes is for what only the author can time, such as a figure that another
	// program prints. The SDK holds the times against its own clock: none is longer
	// than the wall time, and the samples of a visit last as long as their calls.
	// Device and Encode may be 0, for unknown.
	OwnTimes func(ctx context.Context, n int) (Times, error)
	// Partial says that a call of OwnTimes does more than the phase, such as
	// starting a program, so that the times may be shorter than the call.
	Partial bool
	// Synchronize waits until a device that Assay does not know has done all that it
	// was given. It is called before and after each sample. Optional.
	Synchronize func(ctx context.Context) error

	// Verify holds what an iteration left behind against an independent reference.
	// The SDK runs one iteration before timing and calls Verify, and calls it again
	// after timing with the number of the iteration that ran last. Optional.
	Verify func(ctx context.Context, iteration int) (checks []Check, metrics map[string]float64, err error)
	// Rotation is how many different iterations take turns, over different copies
	// of the inputs; 0: one. Verify is called with 0 to Rotation-1.
	Rotation int
	// Outputs are overwritten with NaN before each visit, so that Verify finds them
	// right only if the timed iterations wrote them.
	Outputs []metal.Arg
	// Spoil does to other outputs what is done to Outputs. Optional.
	Spoil func() error
}

// Times of n iterations together: Wall of a clock, from the first call to the last
// completion, Device of the device's part and Encode of the host's part before it.
type Times = metal.Times

// Numbers are a vector that stands for output which may differ by rounding: the
// output itself if it is short, else a projection that keeps distances and is the
// same in all arms, being drawn from the seed. At most 4096 finite values.
type Numbers struct {
	Values    []float64
	Tolerance float64 // largest distance from the baseline's, relative to the longer of the two
}
