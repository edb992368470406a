package metal

import "errors"

// Errors that callers tell apart with errors.Is. Devices wrap them with what
// was asked and what to do next.
var (
	// ErrUnavailable: this kind of device is not on this machine.
	ErrUnavailable = errors.New("device is not available")
	// ErrNoKernel: the library has no kernel of that name.
	ErrNoKernel = errors.New("no such kernel")
	// ErrUnsupported: this kind of device cannot do that at all; the message names
	// those that can.
	ErrUnsupported = errors.New("the device cannot do that")
	// ErrOutOfMemory: the device cannot hold the buffer.
	ErrOutOfMemory = errors.New("out of device memory")
	// ErrCompile: the source does not compile; the message carries file and line.
	ErrCompile = errors.New("kernel source does not compile")
	// ErrFault: a kernel did something a device refuses, such as an access out of bounds.
	ErrFault = errors.New("kernel fault")
	// ErrTimeout: a bounded wait ran out. The device must be taken as hung.
	ErrTimeout = errors.New("device did not finish in time")
	// ErrLost: the device no longer works in this process.
	ErrLost = errors.New("device is lost")
)
