// Assay-plugin-gather-qmm asks whether fusing an expert's gate and up
// projections with SwiGLU pays, and where the time goes: in kernels, in
// launching them, or in the host code around them.
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
