// Package sim is a Metal device without a GPU: it renders a kernel as C++
// (package msl), compiles it with the machine's own compiler and runs it in a
// child process, one fiber per thread, in lockstep at barriers and simdgroup
// operations. It is for developing kernels and for correctness; nothing it
// times is a measurement.
//
// The main path: Open finds a compiler and builds the runtime (folder runtime,
// embedded) once; Compile renders and compiles a shared object, both kept in a
// cache; Run sends dispatches to the child, which maps the buffers' memory. A
// kernel that reads or writes out of bounds, divides by zero, diverges at a
// barrier or never ends costs its child process and comes back as an error
// with kernel, line and thread; the next dispatch gets a fresh child.
//
// A kernel of a library that Apple's compiler made (metal.Source.Library) is
// LLVM bitcode, which package air turns into a module for this machine instead;
// from there on it is as any other.
//
// Imported by metal/devices, metal/internal/corpus and metal/internal/oracle.
package sim
