package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/atomicfile"
)

type fmtCommand struct {
	Paths []string `arg:"" optional:"" type:"path" default:"." help:"Folders or files; - is stdin, which is laid out on stdout."`
	Check bool     `name:"check" help:"Change nothing; exit with 1 when a file would change."`
	Diff  bool     `name:"diff" xor:"print" help:"Print what changes in place of the files' names."`
	JSON  bool     `name:"json" xor:"print" help:"Print the files that changed as JSON."`
}

// stdin is the path that stands for it.
const stdin = "-"

// Validate is called by kong.
func (c *fmtCommand) Validate() error {
	if slices.Contains(c.Paths, stdin) && (len(c.Paths) > 1 || c.JSON) {
		return errors.New("-: stdin is laid out alone, and without --json")
	}
	return nil
}

func (c *fmtCommand) Run(app *App) error {
	if slices.Equal(c.Paths, []string{stdin}) {
		return c.stream(app)
	}
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
	} else if !c.Diff {
		for _, file := range changed {
			fmt.Fprintln(app.Out, file)
		}
	}
	return c.answer(len(changed) > 0)
}

// answer is the status of --check.
func (c *fmtCommand) answer(differs bool) error {
	if c.Check && differs {
		return told(Failed)
	}
	return nil
}

// stream lays out stdin. It is JSON where it begins with a brace, with which no
// HCL begins.
func (c *fmtCommand) stream(app *App) error {
	if app.In == nil {
		return errors.New("stdin: there is none; name a file")
	}
	src, err := io.ReadAll(io.LimitReader(app.In, config.MaxFileBytes+1))
	if err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	if len(src) > config.MaxFileBytes {
		return fmt.Errorf("stdin: it has more than %d bytes, the most that a file may have", config.MaxFileBytes)
	}
	name := "stdin.hcl"
	if bytes.HasPrefix(bytes.TrimSpace(src), []byte("{")) {
		name += ".json"
	}
	out, err := laidOut(app, name, src)
	if err != nil {
		return err
	}
	switch {
	case c.Diff:
		c.show(app, name, src, out)
	case !c.Check:
		_, err = app.Out.Write(out)
	}
	if err != nil {
		return err
	}
	return c.answer(!bytes.Equal(src, out))
}

// format rewrites one file. A file that does not parse is left alone.
func (c *fmtCommand) format(app *App, file string) (bool, error) {
	src, err := atomicfile.Read(file)
	if err != nil {
		return false, err
	}
	out, err := laidOut(app, file, src)
	if err != nil || bytes.Equal(src, out) {
		return false, err
	}
	if c.Diff {
		c.show(app, file, src, out)
	}
	if c.Check {
		return true, nil
	}
	if err := atomicfile.Write(file, out); err != nil {
		return false, fmt.Errorf("%w (the file is as it was)", err)
	}
	return true, nil
}

// show prints what changes, as patch takes it.
func (c *fmtCommand) show(app *App, name string, before, after []byte) {
	name = filepath.ToSlash(relative(name))
	_, _ = app.Out.Write(diff.Diff("a/"+name, before, "b/"+name, after)) // Out remembers what fails
}

func laidOut(app *App, name string, src []byte) ([]byte, error) {
	if diags := config.Syntax(name, src); diags.HasErrors() {
		return nil, app.faults(diags, map[string]*hcl.File{name: {Bytes: src}})
	}
	return config.Format(name, src), nil
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
