// Assay-plugin-command brings any program under rounds, control and verdicts:
// it starts the program and reads times, rates and other figures from what it
// prints.
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
