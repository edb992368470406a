// Assay-plugin-kernel times kernels of a .metal file, as it is, on data that an
// experiment describes: no line of Go is needed.
//
// The main path: resolve holds a configuration against the signatures of its
// files, with every fault at its argument; prepare makes what came of it on a
// device, and verify holds outputs against what they should be.
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
