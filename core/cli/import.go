package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/importer/zmlx"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

type importCommand struct {
	Zmlx importZMLXCommand `cmd:"" help:"Read the result files of the ZMLX project: matrix.jsonl, repro capsules, summaries of sweeps, runs of its scripts."`
}

type importZMLXCommand struct {
	Files []string `arg:"" type:"existingfile" help:"JSON or JSON lines. A file that holds nothing to import is named, and the rest is read."`
	Out   string   `name:"out" type:"path" placeholder:"FILE" help:"Write the history document here."`
	JSON  bool     `name:"json" help:"Print the history document."`
}

// Help is printed by assay import zmlx --help.
func (c *importZMLXCommand) Help() string {
	return "Reads the rows into a history document, and says how far the same unpatched model moved between sessions and which published wins the data can support. Nothing is lost: rows that cannot be understood are kept with the reason, and files of another kind are listed.\n\n" +
		"Exit status: 0 some file holds a record of zmlx; 2 none does, or one cannot be opened."
}

func (c *importZMLXCommand) Run(app *App) error {
	d := &history.Document{
		Kind: history.DocumentKind, Version: history.DocumentVersion, Tool: zmlx.Tool,
		Files: []history.File{}, Rows: []history.Row{}, Rejected: []history.Rejected{}, Warnings: []string{},
	}
	for _, path := range c.Files {
		if err := zmlx.Read(d, path); err != nil {
			return err
		}
	}
	if len(d.Rows) == 0 {
		var reasons []string
		for _, f := range d.Files {
			reasons = append(reasons, f.Name+": "+f.Unread)
		}
		return fmt.Errorf("no file holds a record of zmlx:\n  %s", strings.Join(reasons, "\n  "))
	}
	if err := d.Summarize(); err != nil {
		return err
	}
	if c.Out != "" {
		raw, err := json.MarshalIndent(d, "", "  ")
		if err != nil {
			return err
		}
		if err := record.WriteFile(c.Out, append(raw, '\n')); err != nil {
			return err
		}
	}
	if c.JSON {
		return app.printJSON(d)
	}
	report.Imported(app.Out, d, app.style(app.Out))
	if c.Out != "" {
		fmt.Fprintf(app.Out, "written to %s\n", relative(c.Out))
	}
	return nil
}
