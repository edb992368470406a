// Command assay-fleet measures one suite on many machines: it hands experiments to
// workers on other machines through a Temporal server, each of which runs assay there,
// and brings the documents home that a local run writes. It is a module of its own, so
// that what it stands on is no dependency of assay's.
package main

import (
	"os"

	"github.com/assay-bench/assay/core/fleet/internal/cli"
)

func main() {
	os.Exit(cli.Execute(os.Args[1:], cli.Streams{Out: os.Stdout, Err: os.Stderr}, os.Getenv, os.Environ()))
}
