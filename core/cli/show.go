package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

type showCommand struct {
	Paths []string `arg:"" optional:"" type:"path" default:"results" help:"Result documents, or folders of them."`
	JSON  bool     `name:"json" help:"Print the documents as a JSON array."`

	Details bool `name:"details" help:"Print what findings rest on, too."`

	publishing
}

func (c *showCommand) Run(app *App) error {
	var results []*record.Result
	for _, path := range c.Paths {
		files, err := resultFiles(path)
		for _, note := range unfinished(path) {
			defer fmt.Fprintf(app.Err, "note: %s\n", note) // in the last lines, where it is read
		}
		if err != nil {
			return err
		}
		for _, file := range files {
			read := record.ReadSketch
			if c.JSON { // the samples too
				read = record.ReadResult
			}
			r, err := read(file)
			if err != nil {
				return err
			}
			results = append(results, r)
		}
	}
	if c.JSON {
		if err := app.printJSON(results); err != nil {
			return err
		}
		return c.publish(app, results, nil)
	}
	style := app.style(app.Out)
	style.Details = c.Details
	for _, r := range results {
		report.Result(app.Out, r, style)
	}
	return c.publish(app, results, nil)
}

// resultFiles of a folder are the JSON objects in it; arrays, which
// `output.append` makes, are not result documents.
func resultFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w (assay run writes results)", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	all, err := filepath.Glob(filepath.Join(path, "*.json"))
	if err != nil {
		return nil, err
	}
	sort.Strings(all)
	var files []string
	for _, f := range all {
		if record.LooksLikeResult(f) {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no result document (assay run writes them)", path)
	}
	return files, nil
}
