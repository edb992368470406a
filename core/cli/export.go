package cli

import (
	"fmt"
	"io"

	"github.com/assay-bench/assay/core/export"
	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/record"
)

type exportCommand struct {
	Paths  []string `arg:"" optional:"" type:"path" default:"results" help:"Result documents, or folders of them."`
	Format string   `name:"format" enum:"csv,json,benchfmt,zmlx" default:"csv" help:"csv or json: a row for each variant and phase; benchfmt: a line for each round, which benchstat reads; zmlx: lines of ZMLX's ledger."`
	Out    string   `name:"out" type:"path" placeholder:"FILE" help:"Write to this file in place of stdout."`
}

// Help is printed by assay export --help.
func (c *exportCommand) Help() string {
	return "Nothing is computed that a document does not have, and no verdict is made: benchstat, for one, knows neither rounds nor control."
}

// exporters by format.
var exporters = map[string]func(io.Writer, []*record.Result) error{
	"csv": export.CSV, "json": export.Rows, "benchfmt": export.Benchfmt, "zmlx": export.Ledger,
}

func (c *exportCommand) Run(app *App) error {
	var results []*record.Result
	for _, path := range c.Paths {
		files, err := resultFiles(path)
		if err != nil {
			return err
		}
		for _, file := range files {
			r, err := record.ReadReduced(file)
			if err != nil {
				return err
			}
			results = append(results, r)
		}
	}
	write := func(w io.Writer) error { return exporters[c.Format](w, results) }
	if c.Out == "" {
		return write(app.Out)
	}
	if err := atomicfile.Stream(c.Out, write); err != nil {
		return err
	}
	fmt.Fprintln(app.Err, "wrote", relative(c.Out))
	return nil
}
