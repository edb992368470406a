package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/term"

	"github.com/assay-bench/assay/core/build"
	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/report"
	"github.com/assay-bench/assay/core/trust"
)

// Streams of a command.
type Streams struct {
	Out, Err io.Writer
	In       io.Reader // asked only where it is a terminal; may be nil
}

// App is what commands share.
type App struct {
	Streams
	Getenv func(string) string

	log        hclog.Logger
	json       bool // the command prints JSON
	annotate   bool // faults and verdicts are shown on GitHub, too
	noColor    bool
	pluginDirs []string
	allowFiles []string      // folders in which file() may read
	holds      []*build.Hold // keeps the builds of a session in the cache
	orderly    atomic.Bool   // a session runs, which ends in order by itself
}

func (a *App) configure(g *grammar) {
	a.noColor, a.annotate, a.pluginDirs, a.allowFiles = g.NoColor, g.Annotate, g.PluginDir, g.AllowFiles
	a.log = hclog.New(&hclog.LoggerOptions{Name: "assay", Level: hclog.LevelFromString(g.LogLevel), Output: a.Err})
}

// terminal is the width of w's terminal, 0 when it is none.
func terminal(w io.Writer) int {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// columns is how wide what is written to w may be: as wide as COLUMNS says, else as
// its terminal is; 0 is any width.
func (a *App) columns(w io.Writer) int {
	if n, err := strconv.Atoi(a.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return terminal(w)
}

func (a *App) style(w io.Writer) report.Style {
	live := terminal(w) > 0
	return report.Style{Color: !a.noColor && live, Width: a.columns(w), Terminal: live}
}

func (a *App) printJSON(v any) error {
	enc := json.NewEncoder(a.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// plugins looks through the plugin folders and holds what it finds against the
// lock file of dir, the folder of the experiments.
func (a *App) plugins(ctx context.Context, dir string) (*registry.Registry, error) {
	return a.discover(ctx, filepath.Join(dir, registry.LockName))
}

// discover is plugins with a lock file of any path, or none.
func (a *App) discover(ctx context.Context, lock string) (*registry.Registry, error) {
	trusted, err := trust.Open(a.Getenv)
	if err != nil {
		return nil, err
	}
	return registry.Discover(ctx, registry.Options{
		Dirs: a.pluginDirs, Getenv: a.Getenv, LockPath: lock, Trusts: trusted.Covers,
	})
}

// fail tells an error, to programs as JSON as well, and returns the status to exit with.
func (a *App) fail(ctx context.Context, err error) error {
	code := statusOf(ctx, err)
	var how *stopped
	if errors.Is(err, context.Canceled) && !errors.As(err, &how) {
		err = &stopped{}
	}
	fmt.Fprintf(a.Err, "assay: %v\n", err)
	if a.json {
		_ = json.NewEncoder(a.Out).Encode(map[string]string{"error": err.Error()}) // Out remembers what fails
	}
	return told(code)
}

// faults prints diagnostics to stderr, to programs as JSON as well, and when
// there is an error among them returns the status to exit with.
func (a *App) faults(diags hcl.Diagnostics, files map[string]*hcl.File) error {
	if len(diags) == 0 {
		return nil
	}
	width := a.columns(a.Err)
	if width == 0 {
		width = 100
	}
	if err := diag.Write(a.Err, diags, files, a.style(a.Err).Color, width); err != nil {
		return err
	}
	a.annotateFaults(diags)
	if !diags.HasErrors() {
		return nil
	}
	if a.json {
		_ = json.NewEncoder(a.Out).Encode(map[string]any{"valid": false, "diagnostics": diag.JSON(diags, files)})
	}
	return told(BadUsage)
}
