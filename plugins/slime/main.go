// Assay-plugin-slime sweeps the error bound of a progressive SwiGLU: how much
// time does it save to leave a weight's low bits out where they cannot matter,
// and what does it cost in accuracy?
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
