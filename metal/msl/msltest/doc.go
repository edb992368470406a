// Package msltest holds plain Metal kernels, written as a third party would ship them,
// that between them use every construct of the supported subset
// (docs/metal-subset.md). Run puts a device through them and compares with results
// computed in Go. Imported by tests only.
package msltest
