// Package air makes kernels that Apple's compiler compiled run on the sim
// device. A kernel of a .metallib (package metallib) is AIR: LLVM bitcode for a
// GPU, with functions air.* for what the GPU does itself. Clang writes it as
// text; Lower turns that text into a module for this machine with the entry
// that sim's runtime calls (msl.HostRuntimeHeader), and Library is C++ that
// defines air.* over the same prelude that rendered Metal sources use, so that
// a simdgroup operation or a function of the library has one definition.
//
// What the text says (types, roundings, indices, control flow) is Apple's
// compiler's; what air.* computes is this project's assumption.
//
// Imported by metal/sim.
package air
