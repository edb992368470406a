// Assay-plugin-kernel times kernels of a .metal file, as it is, on data that an
// experiment describes: no line of Go is needed.
//
// The main path: read turns a configuration and the signatures of its files into
// a plan, with every fault at its argument; prepare carries a plan out on a
// device, and verify holds outputs against what they should be.
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
