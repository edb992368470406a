package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/atomicfile"
)

type fmtCommand struct {
	Paths []string `arg:"" optional:"" type:"path" default:"." help:"Folders or files."`
	Check bool     `name:"check" help:"Change nothing; exit with 1 when a file would change."`
	JSON  bool     `name:"json" help:"Print the files that changed as JSON."`
}

func (c *fmtCommand) Run(app *App) error {
	changed := []string{}
	for _, path := range c.Paths {
		files, err := hclFiles(path)
		if err != nil {
			return err
		}
		for _, file := range files {
			differs, err := c.format(app, file)
			if err != nil {
				return err
			}
			if differs {
				changed = append(changed, file)
			}
		}
	}
	if c.JSON {
		if err := app.printJSON(map[string]any{"changed": changed}); err != nil {
			return err
		}
	} else {
		for _, file := range changed {
			fmt.Fprintln(app.Out, file)
		}
	}
	if c.Check && len(changed) > 0 {
		return told(Failed)
	}
	return nil
}

// format rewrites one file. A file that does not parse is left alone.
func (c *fmtCommand) format(app *App, file string) (bool, error) {
	src, err := atomicfile.Read(file)
	if err != nil {
		return false, err
	}
	if diags := config.Syntax(file, src); diags.HasErrors() {
		return false, app.faults(diags, map[string]*hcl.File{file: {Bytes: src}})
	}
	out := config.Format(file, src)
	if bytes.Equal(src, out) {
		return false, nil
	}
	if c.Check {
		return true, nil
	}
	if err := atomicfile.Write(file, out); err != nil {
		return false, fmt.Errorf("%w (the file is as it was)", err)
	}
	return true, nil
}

func hclFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	native, err := filepath.Glob(filepath.Join(path, "*.hcl"))
	if err != nil {
		return nil, err
	}
	json, err := filepath.Glob(filepath.Join(path, "*.hcl.json"))
	files := slices.Concat(native, json)
	slices.Sort(files)
	return files, err
}
