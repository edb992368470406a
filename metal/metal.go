// Package metal is the device layer: buffers, kernels, recorded programs and
// their times. It knows nothing of experiments.
//
// The main path of a user of this package: open a device (package devices),
// make buffers, compile a source, look kernels up, record a program of
// dispatches, run it n times and read the Times. Four kinds of device stand
// behind one front (metal/internal/front), one folder each: apple, cuda, cpu, sim.
package metal

import (
	"context"
	"time"
)

// Kind names one implementation of Device.
type Kind string

// The four kinds of device.
const (
	Apple Kind = "apple" // Metal on a Mac
	CUDA  Kind = "cuda"  // the same sources through NVRTC on an NVIDIA GPU
	CPU   Kind = "cpu"   // native Go and assembly twins of the kernels
	Sim   Kind = "sim"   // the same sources through the machine's C++ compiler; no timing of it counts
)

// Native says that devices of the kind have twins of kernels by name, and compile no
// source.
func (k Kind) Native() bool { return k == CPU }

// Info says what a device is. Every field goes into result documents.
type Info struct {
	Kind      Kind              `json:"kind"`
	Index     int               `json:"index"`            // which device of its kind, from 0
	Name      string            `json:"name"`             // "Apple M4 Max", "NVIDIA H200", "AMD EPYC"
	Family    string            `json:"family,omitempty"` // "apple9", "sm_90", "x86-64-v4"
	Cores     int               `json:"cores"`            // GPU cores, multiprocessors or worker threads
	Memory    int64             `json:"memory_bytes"`     // memory the device can address
	LastCache int64             `json:"last_cache_bytes"` // size of the last cache level, 0 if unknown
	Driver    string            `json:"driver,omitempty"` // driver, compiler or runtime version
	OSBuild   string            `json:"os_build,omitempty"`
	Simulated bool              `json:"simulated"`       // true: times are not measurements
	Facts     map[string]string `json:"facts,omitempty"` // anything else worth keeping
}

// Device owns one GPU context, or its stand-in. A Device and what it makes
// are used from one goroutine at a time, except Close's effect on waits: every
// wait is bounded by its context and by the device's own limit.
type Device interface {
	Info() Info

	// NewBuffer returns zeroed memory of the given size in bytes, at least
	// 64-byte aligned. It fails with ErrOutOfMemory rather than overcommit.
	NewBuffer(bytes int) (Buffer, error)

	// Compile makes the kernels of one Metal source or library available. The cpu
	// device compiles nothing: it has native twins by kernel name and ignores the
	// text.
	Compile(ctx context.Context, src Source) (Library, error)

	// Record decides everything about a sequence of dispatches once, so that
	// Run only replays it. It takes one or more iterations: run number i
	// replays iterations[i % len(iterations)], which is how inputs and weights
	// rotate to keep caches cold at no cost inside the timed span.
	Record(iterations ...[]Dispatch) (Program, error)

	// Submit encodes and runs dispatches once, deciding everything again, and
	// waits. It is the un-replayed path that Record is compared with.
	Submit(ctx context.Context, dispatches []Dispatch) (Times, error)

	// Memory accounts for the buffers that are alive.
	Memory() Memory

	// Dispatched is what was dispatched since the last call, for one of so many
	// iterations, in a fixed order. Nil: nothing, or the device does not know.
	Dispatched(iterations int) []Dispatched

	// Close releases everything the device made.
	Close() error
}

// Buffer is device memory. Offsets and lengths are in bytes.
type Buffer interface {
	Len() int
	Write(offset int, data []byte) error
	Read(offset int, data []byte) error
	// Bytes is the memory itself on devices that share it with the host
	// (apple, cpu), nil elsewhere.
	Bytes() []byte
	Release()
}

// Source is one Metal source with what is decided when it is compiled, or a
// library that Apple's compiler made of one.
type Source struct {
	Name    string            // file name for compiler messages
	Text    string            // Metal Shading Language
	Defines map[string]string // preprocessor macros

	// Library is the path of a .metallib file, instead of all but Name. The apple
	// and sim devices take one; others refuse it with ErrUnsupported.
	Library string

	// An #include is looked for beside the file that has it, then in Files, then in
	// the Folders in order. Several texts in a row are a Text of #include lines.
	Files   map[string]string // texts by path, with forward slashes
	Folders []string          // folders of this machine
}

// Library is a compiled source.
type Library interface {
	// Kernel looks a kernel up by host name; constants set its function
	// constants by index (bool, int32, uint32 or float32 values).
	// A missing name gives ErrNoKernel, and the message lists near ones.
	Kernel(name string, constants map[int]any) (Kernel, error)
	Names() []string
}

// Kernel is a compiled function, ready to dispatch.
type Kernel interface {
	Name() string
	MaxThreads() int // most threads of one threadgroup
}

// Size is a grid or threadgroup extent in threads.
type Size struct{ X, Y, Z int }

// Threads is the number of threads in s; zero extents count as one.
func (s Size) Threads() int { return max(s.X, 1) * max(s.Y, 1) * max(s.Z, 1) }

// Arg is one kernel argument: a buffer with a byte offset or, when Buffer is
// nil, bytes copied at encode time (Metal's setBytes, at most 4096).
type Arg struct {
	Buffer Buffer
	Offset int
	Bytes  []byte
}

// Dispatch is one kernel launch. Args[i] binds to [[buffer(i)]]. Grid counts
// threads, not threadgroups, as dispatchThreads does: the last threadgroup of
// an axis may be partial. Dispatches of one sequence run in order, each seeing
// the writes of those before it.
type Dispatch struct {
	Kernel            Kernel
	Args              []Arg
	Grid              Size
	Threadgroup       Size
	ThreadgroupMemory []int // bytes of each [[threadgroup(i)]] argument
}

// Dispatched is dispatches of one kernel that are alike in all that the device was
// told, but for buffers. Two runs on one kind of device that dispatched the same
// ran the same kernels; what is in their buffers may differ.
type Dispatched struct {
	Kernel            string
	Constants         string // function constants by index, "0=true 3=64"
	Source            string // digest of text and macros; empty: the kernel is native
	Grid, Threadgroup Size
	ThreadgroupMemory []int
	Arguments         string // digest of arguments given as bytes
	Count, Iterations uint64 // so many dispatches in so many iterations, in lowest terms
}

// Program is a recorded sequence, replayed without deciding anything again.
type Program interface {
	// Run replays n iterations back to back, going on in the rotation where
	// the last Run stopped, and waits for all of them.
	Run(ctx context.Context, n int) (Times, error)
	Release()
}

// A Readier is a Program that makes what the next Run of n iterations needs
// before the time of that run begins.
type Readier interface {
	Ready(n int) error
}

// Times of one Run or Submit, for all of its iterations together.
//   - Device: from the first dispatch's start to the last one's end on the device
//   - Encode: host time spent preparing and submitting
//   - Wall: host clock from the first call to the last completion
type Times struct {
	Device, Wall, Encode time.Duration
}

// Memory in bytes.
type Memory struct {
	Current int64 `json:"current_bytes"`
	Peak    int64 `json:"peak_bytes"`
}
