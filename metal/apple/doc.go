// Package apple runs Metal kernels on an Apple GPU, through purego's
// Objective-C bridge: no cgo, so it builds for darwin/arm64 from any machine.
// Elsewhere Open returns metal.ErrUnavailable.
//
// The main path: Open takes the system's GPU and a command queue. Compile hands
// Metal its own source. Record resolves every dispatch to the objects and
// numbers that an encoder wants; Run encodes them into command buffers of some
// hundred dispatches, or fewer that take long, and polls their status with a
// deadline.
//
// Every message sent is listed in selectors.go and checked against Metal's
// headers by a test on any machine, because no Apple GPU is at hand there.
//
// Imported by core/machine and metal/devices.
package apple
