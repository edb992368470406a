// Package kernels holds the one source of every GPU kernel (*.metal, embedded)
// and the one declaration of each op (ops.go): name, arguments with their shapes,
// parameters, variants, checks and how threads are spread. An op here turns
// buffers into metal.Dispatch values; which device runs them is not its concern:
// Load a Set for a device, upload what the op reads, call the op's method, record
// or submit the dispatches it returns. Each source is compiled for one number
// format and weight format at a time, when an op is first built for it (see
// shared/base.metal for the macros).
//
// docs/kernels.md has the table of ops, which is made from the declarations.
package kernels
