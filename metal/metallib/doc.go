// Package metallib reads Apple's compiled Metal libraries (.metallib): which
// kernels they have, the LLVM bitcode of each, and its signature in the terms of
// package msl. No compiler is needed.
//
// The main path: Open reads the list of functions, Function the bitcode of one of
// them, and Signature, or Kernel, what its metadata says of arguments and
// function constants. container.go knows the file format, bitstream.go LLVM's
// bitstream, module.go the few records of a module that metadata stands on, and
// signature.go what Apple's compiler writes into metadata.
//
// Files may come from anywhere: every size and count is held against the bytes
// that are there before memory is taken, so that memory is bounded by the size of
// the file, and of a file no more is in memory than its list of functions.
package metallib
