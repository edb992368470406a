// Package cpu is the device of kind cpu: native twins of every kernel, in Go
// and generated assembly, run by a persistent pool of workers. It compiles no
// source; kernels are looked up by name.
//
// The main path: Open starts the pool; NewBuffer maps zeroed, prefaulted
// memory; Record binds each dispatch once (bind.go checks arguments, sizes and
// parameters, one file per op builds its task); Run replays the tasks with no
// allocation. A task divides itself into chunks that the caller and the
// workers claim until none is left (pool.go).
//
// What can be known from arguments alone is refused when a dispatch is bound; what
// depends on the contents of buffers (indices) is checked when it runs. Both give
// metal.ErrFault. Imported by core/sdk, core/sdk/sdktest/faulty and metal/devices.
package cpu
