package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/log"

	"github.com/assay-bench/assay/core/diag"
	"github.com/assay-bench/assay/core/fleet/internal/dispatch"
	"github.com/assay-bench/assay/core/internal/crash"
)

// Streams of a command.
type Streams struct{ Out, Err io.Writer }

// App is what commands share.
type App struct {
	Streams
	Getenv  func(string) string
	Environ []string
	Logger  log.Logger
	Signals chan os.Signal // interrupts and SIGTERM
}

// state is a folder for what is kept between starts.
func (a *App) state(name string) (string, error) {
	for _, base := range []string{a.Getenv("XDG_STATE_HOME"), filepath.Join(a.Getenv("HOME"), ".local", "state")} {
		if filepath.IsAbs(base) {
			return filepath.Join(base, "assay", name), nil
		}
	}
	return "", errors.New("there is no home to keep state in: name a folder with --state")
}

type grammar struct {
	LogLevel slog.Level `name:"log-level" default:"error" env:"ASSAY_FLEET_LOG" help:"Log lines of the connection to show: debug, info, warn or error."`

	Run    runCommand    `cmd:"" help:"Measure a suite's experiments on the machines of their classes."`
	Attach attachCommand `cmd:"" help:"Follow a run again, and start what of it is missing."`
	Status statusCommand `cmd:"" help:"Show how far the jobs of a run are, and the workers of its classes."`
	Cancel cancelCommand `cmd:"" help:"End what is not done of a run."`
	Logs   logsCommand   `cmd:"" help:"Print the last of what assay said for each job."`
	Worker workerCommand `cmd:"" help:"Measure jobs of a class on this machine, one at a time, until it is told to end."`
	Up     upCommand     `cmd:"" help:"Start a server with what a fleet needs, from a binary that is there."`
	Key    keyCommand    `cmd:"" help:"Make a key to sign jobs with."`
}

// told is an exit status whose reason was shown.
type told int

func (s told) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// Statuses of assay, with the same meanings.
const (
	passed      = 0
	failed      = 1
	badUsage    = 2
	undecided   = 3
	lost        = 4
	interrupted = 130
)

// Execute is the whole process.
func Execute(args []string, streams Streams, getenv func(string) string, environ []string) int {
	crash.Traceback()
	defer crash.Catch()
	app := &App{Streams: streams, Getenv: getenv, Environ: environ, Signals: make(chan os.Signal, 2)}
	signal.Notify(app.Signals, os.Interrupt, syscall.SIGTERM)
	return Main(context.Background(), app, args)
}

// Main runs one command.
func Main(ctx context.Context, app *App, args []string) int {
	var g grammar
	exited := -1
	parser, err := kong.New(&g, kong.Name("assay-fleet"),
		kong.Description("Experiments of assay on many machines, through a Temporal server."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Writers(app.Out, app.Err),
		kong.Exit(func(code int) { exited = code }), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(app))
	if err != nil {
		fmt.Fprintln(app.Err, "assay-fleet:", err)
		return badUsage
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err == nil {
		app.Logger = log.NewStructuredLogger(slog.New(slog.NewTextHandler(app.Err, &slog.HandlerOptions{Level: g.LogLevel})))
		err = command.Run()
	}
	var status told
	var fault *dispatch.FaultError
	switch {
	case err == nil:
		return passed
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &fault):
		if err := diag.Write(app.Err, fault.Diags, fault.Files, false, 100); err != nil {
			fmt.Fprintln(app.Err, "assay-fleet:", err)
		}
		return badUsage
	}
	fmt.Fprintln(app.Err, "assay-fleet:", err)
	return badUsage
}
