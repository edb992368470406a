package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/promote"
	"github.com/assay-bench/assay/core/record"
)

type promoteCommand struct {
	Results  []string `arg:"" type:"path" help:"Result documents of several sessions of one experiment."`
	To       string   `name:"to" required:"" type:"path" placeholder:"FILE.md" help:"Markdown file with the table; its place is marked, and everything else stays."`
	Sessions int      `name:"sessions" default:"3" help:"Independent sessions that must agree, at least 2."`
	Check    bool     `name:"check" help:"Write nothing; only say what is missing."`
	JSON     bool     `name:"json" help:"Print JSON."`
}

// Help is printed by assay promote --help.
func (c *promoteCommand) Help() string {
	return "Writes only what is stable: the same verdict in several independent sessions of one set-up, intervals that agree, all that others need to repeat it, and a reason in writing for every loss that was accepted. Else it says what is missing, and ends with exit status 3.\n\n" +
		"Documents of earlier sessions are in results/EXPERIMENT/."
}

// Validate is called by kong.
func (c *promoteCommand) Validate() error {
	if c.Sessions < 2 {
		return fmt.Errorf("--sessions: %d agree with nothing; at least 2", c.Sessions)
	}
	return nil
}

func (c *promoteCommand) Run(app *App) error {
	var documents []promote.Document
	for _, path := range c.Results {
		r, err := record.ReadReduced(path)
		if err != nil {
			return err
		}
		documents = append(documents, promote.Document{File: relative(path), Result: r})
	}
	p, err := promote.Promote(documents, c.Sessions)
	if err != nil {
		return err
	}
	stable := len(p.Missing) == 0
	if stable && !c.Check {
		if err := c.write(p); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
		err = app.printJSON(p)
	case !stable:
		fmt.Fprintf(app.Out, "%s is not stable yet, and %s stays as it is:\n", p.Experiment, relative(c.To))
		for _, text := range p.Missing {
			fmt.Fprintln(app.Out, "  -", text)
		}
	case c.Check:
		fmt.Fprintf(app.Out, "%s is stable: %s in %d sessions\n", p.Experiment, p.Verdict, len(p.Sessions))
	default:
		fmt.Fprintf(app.Out, "wrote %s: %s, %s in %d sessions\n", relative(c.To), p.Experiment, p.Verdict, len(p.Sessions))
	}
	if err == nil && !stable {
		err = told(Undecided)
	}
	return err
}

// write puts the table into its place. A file that is not there begins with it.
func (c *promoteCommand) write(p *promote.Promotion) error {
	page, err := atomicfile.Read(c.To)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if page, err = p.Into(page); err != nil {
		return fmt.Errorf("%s: %w", relative(c.To), err)
	}
	return atomicfile.Write(c.To, page)
}
