// Assay-plugin-moe-mlp asks what it costs to decide at every call how a
// mixture-of-experts block is to be computed, and whether deciding once, when
// the block is prepared, gives the fused path its speed back.
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
