// Package python holds the Python side of the SDK: one module without
// dependencies, for programs that a plugin serves.
package python

import _ "embed"

// Serve is the text of assay_serve.py, a module that measures functions when
// asked in JSON lines on standard input.
//
//go:embed assay_serve.py
var Serve []byte

// ServeName is the name of the module's file.
const ServeName = "assay_serve.py"
