package cli

import (
	"fmt"
	"path/filepath"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

type recoverCommand struct {
	Session string `arg:"" help:"A session: its name, its folder in results/runs or its journal."`
	Out     string `name:"out" type:"path" placeholder:"DIR" help:"Where to write the documents. The default is the journal's folder."`
	JSON    bool   `name:"json" help:"Print the documents as a JSON array."`
}

// Help is printed by assay recover --help.
func (c *recoverCommand) Help() string {
	return "A session writes every sample to its journal before it asks for the next one. This makes the result documents of all experiments\n" +
		"that a session had begun: those that it wrote and that were deleted or changed since, as it wrote them, and those that it did not live\n" +
		"to write, judged from the rounds that counted, without asserts and selections, with the status partial or worse.\n\n" +
		"Damaged lines cost what stood in them. A round that lacks lines does not count; the document says which visits are missing."
}

func (c *recoverCommand) Run(app *App) error {
	path, err := journalOf(c.Session)
	if err != nil {
		return err
	}
	found, err := record.Recover(path)
	if err != nil {
		return err
	}
	defer found.Close() //nolint:errcheck // read only
	notes(app, found.Damage)
	results := []*record.Result{}
	for _, d := range found.Documents {
		file, err := c.write(app, d, filepath.Dir(path))
		if err != nil {
			return err
		}
		if file == "" {
			continue
		}
		if c.JSON { // with the samples
			r, err := record.ReadResult(file)
			if err != nil {
				return err
			}
			results = append(results, r)
			continue
		}
		report.Result(app.Out, d.Result, app.style(app.Out))
		fmt.Fprintf(app.Out, "written to %s\n", relative(file))
		results = append(results, d.Result)
	}
	switch {
	case c.JSON:
		return app.printJSON(results)
	case len(found.Documents) == 0:
		fmt.Fprintln(app.Out, "No experiment of this session had begun; there is nothing to recover.")
	case len(results) == 0:
		fmt.Fprintln(app.Out, "Every experiment of this session wrote its document, and each stands as it was written; there is nothing to recover.")
	}
	return nil
}

// write makes the document's file, unless it stands where its session wrote it.
func (c *recoverCommand) write(app *App, d *record.Recovered, folder string) (file string, err error) {
	if c.Out == "" && d.Stands() {
		if !c.JSON {
			fmt.Fprintf(app.Err, "experiment %q: its document stands as it was written: %s\n", d.Experiment.Name, relative(d.Path))
		}
		return "", nil
	}
	if c.Out != "" {
		folder = c.Out
	}
	file = filepath.Join(folder, d.Experiment.Name+".json")
	return file, d.Write(file)
}

// mostNotes bounds how much is said of a journal's damage.
const mostNotes = 20

func notes(app *App, texts []string) {
	for i, text := range texts {
		if i == mostNotes {
			fmt.Fprintf(app.Err, "note: and %d more\n", len(texts)-mostNotes)
			return
		}
		fmt.Fprintf(app.Err, "note: journal, %s\n", text)
	}
}
