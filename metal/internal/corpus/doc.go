// Corpus says how much of a folder of projects the Metal reader and the devices'
// compilers take, and what stops the rest.
//
// The main path: roots finds the Metal files of each project that no other one
// includes, and the bodies of kernels that stand in JSON (package mlxkernel); a pool
// of worker processes reads each, and compiles its kernel functions for the sim
// device and, by NVRTC, for a CUDA device, with the devices' own code; tabulate
// counts by project and by cause. Workers are processes because neither NVRTC nor
// the reader can be stopped: one that takes too long is killed.
// TestKernels runs some of the kernels and holds them against Go.
package main
