package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/page"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

type reportCommand struct {
	Paths []string `arg:"" optional:"" type:"path" default:"results" help:"Result documents, or folders of them."`
	Out   string   `name:"out" short:"o" placeholder:"FILE" help:"Write one page of all documents here; - prints it. Of a folder it has the documents that assay show prints."`
	JSON  bool     `name:"json" help:"Print JSON."`
}

// Help is printed by assay report --help.
func (c *reportCommand) Help() string {
	return "Writes pages of HTML: beside each document one of its name, and for a folder the pages of all documents in it, old ones too, with an index.html. A page is one file that loads nothing. Pages that are newer than their documents are left as they are."
}

// reported is what was written.
type reported struct {
	Pages   []string        `json:"pages"`
	Folders []*page.Written `json:"folders"`
}

func (c *reportCommand) Run(app *App) error {
	if c.Out != "" {
		return c.together(app)
	}
	out := reported{Pages: []string{}, Folders: []*page.Written{}}
	for _, path := range c.Paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return fmt.Errorf("%w (assay run writes results)", err)
		case info.IsDir():
			done, err := page.Folder(path, Version, relative)
			if err != nil {
				return err
			}
			for _, why := range done.Skipped {
				fmt.Fprintf(app.Err, "assay: warning: left out: %s\n", why)
			}
			out.Folders = append(out.Folders, done)
		default:
			written, err := page.Beside(path, relative(path))
			if err != nil {
				return err
			}
			out.Pages = append(out.Pages, written)
		}
	}
	if c.JSON {
		return app.printJSON(out)
	}
	for _, p := range out.Pages {
		fmt.Fprintln(app.Out, relative(p))
	}
	for _, f := range out.Folders {
		fmt.Fprintf(app.Out, "%s: %s, %d of them new\n", relative(f.Index), report.Count(f.Pages, "page"), f.New)
	}
	return nil
}

// together writes one page of all documents.
func (c *reportCommand) together(app *App) error {
	var documents []page.Document
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
			documents = append(documents, page.Document{File: relative(file), Result: r})
		}
	}
	if c.Out == "-" {
		return page.Write(app.Out, documents)
	}
	if err := atomicfile.Stream(c.Out, func(w io.Writer) error { return page.Write(w, documents) }); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if c.JSON {
		return app.printJSON(reported{Pages: []string{absolute(c.Out)}, Folders: []*page.Written{}})
	}
	fmt.Fprintln(app.Out, c.Out)
	return nil
}
