package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"

	"github.com/assay-bench/assay/core/config"
	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
)

// stepSummary names the file whose Markdown GitHub shows on the page of a run.
const stepSummary = "GITHUB_STEP_SUMMARY"

// publishing is where else results are told: to people in pull requests, and to the
// systems that run a command.
type publishing struct {
	Summary string `name:"summary" type:"path" placeholder:"FILE.md" help:"Also write the results as Markdown. Where $$GITHUB_STEP_SUMMARY is set they are added to that file in any case."`
	JUnit   string `name:"junit" type:"path" placeholder:"FILE.xml" help:"Also write the results as JUnit XML."`
}

// check says before anything is measured what could not be written.
func (c *publishing) check() error {
	for _, path := range []string{c.Summary, c.JUnit} {
		if path == "" {
			continue
		}
		if err := atomicfile.Check(path); err != nil {
			return err
		}
	}
	return nil
}

// publish writes what is wanted. l is nil where there are documents alone.
func (c *publishing) publish(app *App, results []*record.Result, l *loaded) error {
	if len(results) == 0 {
		return nil
	}
	var failed error
	if c.Summary != "" {
		failed = atomicfile.Stream(c.Summary, func(w io.Writer) error { report.Markdown(w, results); return nil })
	}
	if file := app.Getenv(stepSummary); file != "" {
		failed = errors.Join(failed, appendTo(file, results))
	}
	if c.JUnit != "" {
		failed = errors.Join(failed, atomicfile.Stream(c.JUnit, func(w io.Writer) error { return report.JUnit(w, results) }))
	}
	if out := app.annotations(); out != nil {
		for _, r := range results {
			report.Annotations(out, r, l.places(r.Experiment.Name, app.workspace()))
		}
	}
	return failed
}

// annotations is where GitHub's annotations go, nil where nobody asks for any: stdout,
// or stderr where that is JSON.
func (a *App) annotations() io.Writer {
	switch {
	case !a.annotate:
		return nil
	case a.json:
		return a.Err
	}
	return a.Out
}

// workspace is the folder that GitHub's annotations name files in.
func (a *App) workspace() string { return a.Getenv("GITHUB_WORKSPACE") }

// annotateFaults shows diagnostics beside the lines of a change, too.
func (a *App) annotateFaults(diags hcl.Diagnostics) {
	out := a.annotations()
	if out == nil {
		return
	}
	for _, d := range diags {
		at, level := report.Place{}, "error"
		if d.Subject != nil {
			at = report.Place{File: below(a.workspace(), d.Subject.Filename), Line: d.Subject.Start.Line}
		}
		if d.Severity == hcl.DiagWarning {
			level = "warning"
		}
		report.Annotate(out, level, at, d.Summary, d.Detail)
	}
}

// appendTo adds the results to a file that the steps of a workflow share.
func appendTo(file string, results []*record.Result) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return &atomicfile.Error{Path: file, Err: err}
	}
	var b bytes.Buffer
	report.Markdown(&b, results)
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Close()); err != nil {
		return &atomicfile.Error{Path: file, Err: err}
	}
	return nil
}

// places finds what decided an experiment in its files, whose names are relative to
// root where they are below it.
func (l *loaded) places(experiment, root string) func(*record.Decided) report.Place {
	return func(d *record.Decided) report.Place {
		if l == nil {
			return report.Place{}
		}
		for _, e := range l.experiments {
			if e.Name == experiment {
				at := rangeOf(e, d)
				return report.Place{File: below(root, at.Filename), Line: at.Start.Line}
			}
		}
		return report.Place{}
	}
}

func rangeOf(e *config.Experiment, d *record.Decided) hcl.Range {
	switch d.Kind {
	case record.ByGuardrail:
		for _, g := range e.Guardrails {
			if g.Name == d.Name {
				return g.Range
			}
		}
	case record.ByAssert:
		for _, a := range e.Asserts {
			if a.Name == d.Name {
				return a.Range
			}
		}
	}
	return e.Range
}

// below is file as seen from root, with slashes.
func below(root, file string) string {
	if abs, err := filepath.Abs(file); err == nil && root != "" {
		if rel, err := filepath.Rel(root, abs); err == nil && filepath.IsLocal(rel) {
			file = rel
		}
	}
	return filepath.ToSlash(file)
}
