package cli

import (
	"fmt"
	"path/filepath"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

type recoverCommand struct {
	Journal string `arg:"" type:"path" help:"The journal of a session: results/runs/SESSION/journal.jsonl, or its folder."`
	Out     string `name:"out" type:"path" placeholder:"DIR" help:"Where to write the documents. The default is the journal's folder."`
	JSON    bool   `name:"json" help:"Print the documents as a JSON array."`
}

// Help is printed by assay recover --help.
func (c *recoverCommand) Help() string {
	return "A session writes every sample to its journal before it asks for the next one. This makes result documents of the experiments\n" +
		"that a killed session had begun and not written, judged from the rounds that counted, without asserts and selections. Their status\n" +
		"is partial, or worse where a case had ended worse."
}

func (c *recoverCommand) Run(app *App) error {
	path := c.Journal
	if filepath.Ext(path) != ".jsonl" {
		path = filepath.Join(path, "journal.jsonl")
	}
	events, torn, err := record.ReadJournal(path)
	if err != nil {
		return err
	}
	if torn {
		fmt.Fprintln(app.Err, "note: the journal's last line is torn, as a crash leaves it; what stands before it is used")
	}
	found, err := record.Recover(events)
	if err != nil {
		return fmt.Errorf("journal %s: %w", path, err)
	}
	results := []*record.Result{}
	for _, r := range found {
		if !r.Measured() {
			fmt.Fprintf(app.Err, "experiment %q: no round of it counts; nothing to recover\n", r.Experiment.Name)
			continue
		}
		results = append(results, r)
	}
	dir := c.Out
	if dir == "" {
		dir = filepath.Dir(path)
	}
	for _, r := range results {
		file := filepath.Join(dir, r.Experiment.Name+".json")
		if err := record.WriteResult(file, r); err != nil {
			return err
		}
		if !c.JSON {
			report.Result(app.Out, r, app.style(app.Out))
			fmt.Fprintf(app.Out, "written to %s\n", relative(file))
		}
	}
	switch {
	case c.JSON:
		return app.printJSON(results)
	case len(found) == 0:
		fmt.Fprintln(app.Out, "Every experiment of this session wrote its document; nothing to recover.")
	}
	return nil
}
