package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/machine"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/report"
	"github.com/assay-bench/assay/core/session"
	"github.com/assay-bench/assay/metal"
)

type runCommand struct {
	source
	measuring
	Seed uint64 `name:"seed" help:"Seed of orders and inputs; 0 draws one and records it."`
}

// Help is printed by assay run --help.
func (c *runCommand) Help() string { return statusHelp() }

func (c *runCommand) Run(ctx context.Context, app *App) error {
	if err := c.publishing.check(); err != nil {
		return err
	}
	folder, err := os.Getwd()
	if err != nil {
		return err
	}
	l, err := app.loadBuilt(ctx, c.source, c.Rebuild)
	if err != nil {
		return err
	}
	if err := l.faults(app); err != nil {
		return err
	}
	s, err := session.Open(ctx, c.options(app, l, folder))
	if err != nil {
		return err
	}
	defer s.Close()
	return c.measure(ctx, app, s, l)
}

// measuring is what run and resume share.
type measuring struct {
	JSON    bool `name:"json" help:"Print events as JSON lines; the last is the session's end."`
	Rebuild bool `name:"rebuild" help:"Build again what is in the cache of builds."`

	FollowLinks bool `name:"follow-links" help:"Write results and journal where links lead, out of the working folder too."`

	publishing

	Budget time.Duration `name:"budget" placeholder:"DURATION" help:"End measuring after this wall time, such as 10m, at a round's end; experiments share it. assay resume goes on. Without it every experiment has the budget of its measure block."`
}

func (c *runCommand) options(app *App, l *loaded, folder string) session.Options {
	o := c.measuring.options(app, l, folder)
	o.Seed, o.From = c.Seed, record.Source{Folder: folder, Paths: c.Paths, Vars: c.Var, VarFiles: c.VarFile, Only: c.Only}
	return o
}

// Validate is called by kong.
func (c *measuring) Validate() error {
	if c.Budget < 0 {
		return fmt.Errorf("--budget: %v is less than nothing", c.Budget)
	}
	return nil
}

func (c *measuring) options(app *App, l *loaded, folder string) session.Options {
	return session.Options{
		Budget: c.Budget, FollowLinks: c.FollowLinks, Programs: l.program, Folder: folder, Source: l.module.Dir, Command: os.Args, Version: Version,
		LockPath: machine.LockPath(app.Getenv), Logger: app.log, Report: c.reporter(app), Probe: probeHealth,
	}
}

// measure runs a session to its end and says what came of it.
func (c *measuring) measure(ctx context.Context, app *App, s *session.Session, l *loaded) error {
	app.orderly.Store(true)
	results, err := s.Run(ctx, l.experiments)
	app.orderly.Store(false)
	history.Keep(app.Getenv, results, app.Err)
	next := ""
	if slices.ContainsFunc(l.experiments, s.Missing) {
		next = goOn(filepath.Dir(s.Journal()))
	}
	if !c.JSON {
		c.closing(app, results, s.Journal(), next)
	}
	unwritten := c.publish(app, results, l)
	if err != nil {
		return errors.Join(unfinishedError(err, next), unwritten)
	}
	if unwritten != nil {
		return unwritten
	}
	return verdictStatus(results)
}

// probeHealth lets a device do work in a process of its own. A simulated device
// has none that would tell more than opening it does.
func probeHealth(ctx context.Context, kind string, index int) error {
	_, err := probe(ctx, kind, index, nil, kind != string(metal.Sim))
	return err
}

// unfinishedError is what ended a session, with how to go on where something is
// left to measure.
func unfinishedError(err error, next string) error {
	switch {
	case errors.Is(err, context.Canceled):
		return &stopped{next}
	case next == "":
		return err
	}
	return fmt.Errorf("%w; %s", err, next)
}

// reporter shows progress: people get it on stderr and each result on stdout
// when its experiment ends, programs get one JSON object per line.
func (c *measuring) reporter(app *App) func(record.Event, *record.Result) {
	if c.JSON {
		enc := json.NewEncoder(app.Out)
		return func(e record.Event, _ *record.Result) { _ = enc.Encode(e) } // Out remembers what fails
	}
	p := report.NewProgress(app.Err, app.style(app.Err))
	return func(e record.Event, r *record.Result) {
		p.Show(e)
		if _, ended := e.Data.(record.ResultEvent); ended {
			report.Result(app.Out, r, app.style(app.Out))
		}
	}
}

// closing says where the time went and where things are.
func (c *measuring) closing(app *App, results []*record.Result, journal, next string) {
	if len(results) == 0 {
		return
	}
	report.Summary(app.Out, results, app.style(app.Out))
	fmt.Fprintf(app.Out, "journal: %s\n", relative(journal))
	if next != "" {
		fmt.Fprintf(app.Out, "next: %s\n", next)
	}
}
