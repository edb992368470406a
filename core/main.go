// Command assay measures GPU kernels and LLM decode in experiments written in
// HCL, and says what may be concluded. The main path: cli parses the command,
// config and plan turn files into experiments, session measures them, record
// writes them down and report shows them.
package main

import (
	"os"

	"github.com/assay-bench/assay/core/cli"
)

func main() {
	os.Exit(int(cli.Execute(os.Args[1:], cli.Streams{Out: os.Stdout, Err: os.Stderr, In: os.Stdin}, os.Getenv)))
}
