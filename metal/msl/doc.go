// Package msl reads Metal Shading Language well enough to run compute kernels
// somewhere else than on Metal: it finds every kernel of a source with its
// arguments, attributes and threadgroup memory, and renders the source as CUDA
// C++ (for NVRTC) or as host C++ (for the sim device).
//
// The main path: Parse runs the preprocessor over the text, walks the
// declarations of the file without understanding their bodies, and refuses
// what is outside the supported compute subset with an Error that names the
// construct, file, line and column. Unit.CUDA and Unit.Host then write the
// tokens back with address spaces and attributes translated, behind a prelude
// that supplies Metal's vector types, math, atomics and simdgroup operations,
// with #line directives so that compiler messages point into the Metal file.
//
// The cuda and sim devices import it; docs/metal-subset.md lists the subset.
package msl
