// Package cuda runs Metal kernels on an NVIDIA GPU: the source rendered as CUDA
// C++ by package msl, compiled by NVRTC, launched through the driver API. Both
// libraries are found and loaded when a device is opened; nothing is linked.
//
// The main path: Open finds the libraries and takes the GPU's primary context.
// Compile renders and compiles a source, or finds its machine code in the
// compile cache. Record captures dispatches into CUDA graphs, which Run
// replays; Submit launches them one by one. Every wait polls with a deadline,
// and the first fault of a kernel makes the device lost, because CUDA leaves a
// context unusable after one.
//
// Imported by metal/devices and metal/internal/corpus.
package cuda
