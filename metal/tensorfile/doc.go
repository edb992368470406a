// Package tensorfile reads single tensors of files that may be far larger than
// memory: safetensors, and NumPy's .npy, which holds one.
//
// The main path: Open reads a file's header, and Read one tensor. Nothing in a
// file is believed before it was held against the file's size.
//
// Imported by metal/quant and plugins/kernel.
package tensorfile
