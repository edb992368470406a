// Assay-plugin-bisect finds the smallest set of patches that makes a stack of
// mixture-of-experts layers slower.
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
