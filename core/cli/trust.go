package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/trust"
)

type trustCommand struct {
	Folder string `arg:"" optional:"" type:"path" default:"." help:"The folder; by default the working folder."`
	List   bool   `name:"list" xor:"how" help:"List the trusted folders."`
	Revoke bool   `name:"revoke" xor:"how" help:"Trust the folder no longer."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help is printed by assay trust --help.
func (c *trustCommand) Help() string {
	return "A folder may bring plugins in .assay/plugins, and its experiments may name binaries. Plugins of a folder that is not trusted are not started,\n" +
		"and `assay validate` and `assay plan` start no binary that its experiments name. `assay run` and `assay build` start what the experiments' files say,\n" +
		"as make does, and no plugin that came with the folder.\n\n" +
		"Trust is remembered with the folder's owner, device and inode: what is built anew in it asks nothing again. It does not reach a git repository within the folder."
}

func (c *trustCommand) Run(app *App) error {
	store, err := trust.Open(app.Getenv)
	if err != nil {
		return err
	}
	switch {
	case c.List:
		return c.list(app, store)
	case c.Revoke:
		known, err := store.Revoke(c.Folder)
		if err == nil && !known {
			err = fmt.Errorf("folder %s is not trusted; `assay trust --list` lists those that are", c.Folder)
		}
		return err
	}
	brought, err := registry.Brought(trust.Plugins(c.Folder))
	if err != nil {
		return err
	}
	folder, err := store.Trust(c.Folder, time.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(map[string]any{"folder": folder, "plugins": brought})
	}
	printBrought(app.Out, brought)
	fmt.Fprintf(app.Out, "trusted: %s\n", folder.Path)
	return nil
}

func (c *trustCommand) list(app *App, store *trust.Store) error {
	folders := append([]trust.Folder{}, store.Folders...)
	if c.JSON {
		return app.printJSON(map[string]any{"folders": folders})
	}
	for _, f := range folders {
		note := ""
		if !store.Covers(f.Path) {
			note = "  (not that folder any more, so that nothing in it is trusted)"
		}
		fmt.Fprintf(app.Out, "%s  %s%s\n", f.Since.Format(time.DateOnly), f.Path, note)
	}
	return nil
}

func printBrought(w io.Writer, brought []registry.File) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range brought {
		fmt.Fprintf(t, "%s\t%d bytes\tsha256:%.16s\n", relative(f.Path), f.Size, f.SHA256)
	}
	_ = t.Flush() // w remembers what fails
}

// askTrust asks, where there is a person to answer, whether the plugins that the
// folder brings may be started, and looks for plugins again after a yes. Else
// they stay as they are, and an experiment that needs one says what to do.
func (a *App) askTrust(ctx context.Context, l *loaded) error {
	if a.json || terminal(a.Err) == 0 || terminal(writerOf(a.In)) == 0 {
		return nil
	}
	store, err := trust.Open(a.Getenv)
	if err != nil {
		return err
	}
	brought, err := registry.Brought(trust.Plugins("."))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "This folder, %s, brings plugins. They are programs, and were not started:\n", absolute("."))
	printBrought(a.Err, brought)
	fmt.Fprint(a.Err, "Start them, now and from now on? [y/N] ")
	yes, err := a.answer(ctx)
	if err != nil || !yes {
		return err
	}
	if _, err := store.Trust(".", time.Now()); err != nil {
		return err
	}
	l.registry, err = a.plugins(ctx, l.module.Dir)
	return err
}

// answer reads a line, or ends with ctx.
func (a *App) answer(ctx context.Context) (yes bool, err error) {
	line := make(chan string, 1)
	crash.Go(func() {
		text, _ := bufio.NewReader(a.In).ReadString('\n')
		line <- strings.ToLower(strings.TrimSpace(text))
	})
	select {
	case text := <-line:
		return text == "y" || text == "yes", nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// writerOf is the terminal that r reads from, as [terminal] takes it.
func writerOf(r io.Reader) io.Writer {
	w, _ := r.(io.Writer)
	return w
}
