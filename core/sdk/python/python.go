// Package python holds what is written in Python: the SDK, assay_sdk, which is
// installed with pip, and one module without dependencies, for programs that a
// plugin starts and asks.
package python

import _ "embed"

// Serve is the text of assay_serve.py, a module that measures functions when
// asked in JSON lines on standard input.
//
//go:embed assay_serve.py
var Serve []byte

// ServeName is the name of the module's file.
const ServeName = "assay_serve.py"
