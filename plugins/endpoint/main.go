// Assay-plugin-endpoint measures any server that speaks the OpenAI protocol
// over HTTP: the time to the first token, and the rates of prefill and decode.
package main

import "github.com/assay-bench/assay/core/sdk"

func main() { sdk.Serve(plugin()) }
