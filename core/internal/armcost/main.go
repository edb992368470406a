// Command armcost prints what an arm costs beside its samples: the time from the start
// of its process to the first sample, what it takes while other arms are measured, what
// a sample takes beyond its own time, and the control's noise floor.
//
//	go run ./core/internal/armcost results/*.json    of sessions that are there
//	go run ./core/internal/armcost                   of sessions that it measures
//
// It measures a phase that does nothing in the SDK for Go and in that for Python, and
// with -plugin a phase "decode" of another plugin in the configuration that -config has.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/assay-bench/assay/core/record"
)

func main() {
	plugin := flag.String("plugin", "", "file of a plugin, which gets a row too")
	config := flag.String("config", "", "its config block, in HCL")
	rounds := flag.Int("rounds", 8, "rounds of each session that is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args(), arm{plugin: *plugin, config: *config}, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "armcost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, files []string, more arm, rounds int) error {
	if len(files) == 0 {
		dir, err := os.MkdirTemp("", "assay-armcost-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		if files, err = measure(ctx, dir, more, rounds); err != nil {
			return err
		}
	}
	table := newTable(os.Stdout)
	for _, file := range files {
		d, err := record.ReadResult(file)
		if err != nil {
			return err
		}
		for _, c := range costs(d) {
			table.row(c)
		}
	}
	return table.flush()
}
